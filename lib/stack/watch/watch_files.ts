import { realpath } from "node:fs/promises";
import type { FolderWatcher } from "../../platform/watch/folder_watcher.ts";
import { folderWatcher } from "../../platform/watch/folder_watcher_here.ts";
import { Burst } from "./burst.ts";
import { outermost } from "./rules.ts";
import { WatchedPath } from "./watched_path.ts";

/** How {@linkcode watchFiles} watches. */
export interface WatchOptions {
  /** The folder of the project, absolute. A path that leads to a folder around it is not watched. */
  project: string;
  /** Folders that are left out, absolute: the home. */
  ignored: readonly string[];
  /** From the last change to `onChange`. @default {200} */
  debounceMs?: number;
  /** Told what is not watched, and why; once per cause. */
  warn(message: string): void;
  /**
   * Told what changed in a burst: paths as they were given, or below. A folder stands for what is in it. At most 1,000
   * are named.
   */
  onChange(paths: readonly string[]): void;
  /** What watches folders; tests replace it. */
  watcher?: () => Promise<FolderWatcher | null>;
}

/** A watch of files that goes on until it is closed. */
export interface FileWatch {
  /** Resolves when all that exists is watched: later changes are reported. A file system that hangs delays it by 2 s. */
  readonly ready: Promise<void>;
  /** What is not watched now, and why. */
  readonly warnings: readonly string[];
  close(): void;
}

const DEBOUNCE_MS = 200;
const EXAMINE_MS = 20;
const MISSING_CHECK_MS = 1_000;
const READY_MS = 2_000;

/**
 * Watches files, and folders with all below them. Left out are `.git`, `node_modules`, `__pycache__`, what editors write
 * beside files, the `ignored` folders, and what git ignores, unless it is one of `paths` itself. Links below are not
 * followed. A path that does not exist is looked for
 * each second.
 *
 * Never throws: what cannot be watched is a warning. Costs nothing while nothing changes, and up to 1 kB per folder.
 *
 * @param paths Absolute.
 */
export function watchFiles(paths: readonly string[], options: WatchOptions): FileWatch {
  const watch = new Watch(options);
  const late = new Promise<void>((resolve) => void setTimeout(resolve, READY_MS).unref());
  return {
    ready: Promise.race([watch.open(paths), late]),
    get warnings() {
      return watch.warnings;
    },
    close: () => watch.close(),
  };
}

class Watch {
  readonly #options: WatchOptions;
  readonly #end = new AbortController();
  readonly #burst: Burst;
  /** By their causes. */
  readonly #warned = new Map<string, string>();
  #paths: WatchedPath[] = [];
  /** Runs one at a time: opening, examining, looking for what is missing. */
  #work: Promise<void> = Promise.resolve();
  #isExamining = false;
  #timer: { dueMs: number; id: ReturnType<typeof setTimeout> } | null = null;
  #missingTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#burst = new Burst({ debounceMs: options.debounceMs ?? DEBOUNCE_MS, examineMs: EXAMINE_MS });
  }

  get warnings(): string[] {
    return [...this.#warned.values()];
  }

  open(paths: readonly string[]): Promise<void> {
    return this.#enqueue(async () => {
      const watcher = await (this.#options.watcher ?? folderWatcher)();
      if (watcher === null) {
        return this.#warn("watcher", "Not watching files: Deno needs --allow-ffi and glibc for it; or use Node");
      }
      const [project = "", ...ignored] = await Promise.all(
        [this.#options.project, ...this.#options.ignored].map((path) => realpath(path).catch(() => path)),
      );
      const means = { watcher, project, ignored, signal: this.#end.signal };
      this.#paths = outermost(paths).map((given, at) =>
        new WatchedPath(given, {
          ...means,
          onChange: (path) => this.#note(at, path),
          warn: (cause, message) => this.#warn(cause, message),
        })
      );
      for (const path of this.#paths) await path.open();
      this.#awaitMissing();
    });
  }

  close(): void {
    this.#end.abort();
    clearTimeout(this.#timer?.id);
    clearTimeout(this.#missingTimer ?? undefined);
    this.#paths.forEach((path) => path.close());
  }

  /** Does `work` after all that was begun before; reports what it throws. */
  #enqueue(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(async () => {
      if (!this.#end.signal.aborted) await work();
    }).catch((error) => this.#warn("failed", `Watching files failed: ${error}`));
    return this.#work;
  }

  #note(at: number, path: string): void {
    this.#burst.note(`${at}:${path}`, performance.now());
    this.#arm();
  }

  #warn(cause: string, message: string): void {
    if (this.#end.signal.aborted || this.#warned.has(cause)) return;
    this.#warned.set(cause, message);
    this.#options.warn(message);
  }

  /** Sets the timer for what is to be done next. */
  #arm(): void {
    if (this.#end.signal.aborted) return;
    const nowMs = performance.now();
    const waits = [this.#burst.reportInMs(nowMs), this.#isExamining ? null : this.#burst.examineInMs(nowMs)]
      .filter((each) => each !== null);
    if (waits.length === 0) return;
    const dueMs = nowMs + Math.min(...waits);
    if (this.#timer !== null && this.#timer.dueMs <= dueMs) return;
    clearTimeout(this.#timer?.id);
    this.#timer = { dueMs, id: setTimeout(() => this.#onTimer(), Math.ceil(dueMs - nowMs)) };
  }

  #onTimer(): void {
    this.#timer = null;
    const nowMs = performance.now();
    if (this.#burst.reportInMs(nowMs) === 0) this.#report();
    if (!this.#isExamining && this.#burst.examineInMs(nowMs) === 0) void this.#examine();
    this.#arm();
  }

  #report(): void {
    const paths = this.#burst.take().map((key) => {
      const colon = key.indexOf(":");
      return this.#paths[Number(key.slice(0, colon))]!.asGiven(key.slice(colon + 1));
    });
    this.#options.onChange([...new Set(paths)].sort());
  }

  async #examine(): Promise<void> {
    this.#isExamining = true;
    await this.#enqueue(async () => {
      const keys = this.#burst.startExamination();
      const counting: string[] = [];
      for (const [at, path] of this.#paths.entries()) {
        const prefix = `${at}:`;
        const changed = keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
        if (changed.length === 0) continue;
        counting.push(...(await path.examine(changed)).map((each) => prefix + each));
      }
      this.#burst.endExamination(counting);
    });
    this.#isExamining = false;
    this.#awaitMissing();
    this.#arm();
  }

  /** Looks again, while a path is missing. */
  #awaitMissing(): void {
    const isOver = this.#end.signal.aborted || this.#missingTimer !== null;
    if (isOver || !this.#paths.some((path) => path.isMissing)) return;
    this.#missingTimer = setTimeout(() => {
      void this.#enqueue(async () => {
        this.#missingTimer = null;
        for (const [at, path] of this.#paths.entries()) {
          if (!path.isMissing) continue;
          await path.open();
          if (path.isMissing) {
            this.#warn(`missing ${at}`, `Waiting for ${path.asGiven("")} to exist, in order to watch it`);
          } else {
            this.#warned.delete(`missing ${at}`);
            this.#burst.count(`${at}:`, performance.now());
          }
        }
        this.#awaitMissing();
        this.#arm();
      });
    }, MISSING_CHECK_MS);
  }
}
