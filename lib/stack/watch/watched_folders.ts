import { opendir } from "node:fs/promises";
import { join } from "node:path";
import { systemErrorCode } from "../../errors/local_error.ts";
import { isMissing } from "../../errors/system_error.ts";
import { isWithin } from "../../platform/files/is_within.ts";
import type { FolderWatcher } from "../../platform/watch/folder_watcher.ts";
import type { GitRules } from "./git_rules.ts";
import { inotifyLimit, isOfEditor, MOST_FOLDERS } from "./rules.ts";

/** Of the files that lie in a new folder, so many are enough to see whether one of them counts. */
const MOST_FILES = 1_000;
const READ_AT_ONCE = 200;

/** What {@linkcode WatchedFolders} needs to know. */
export interface FolderMeans {
  watcher: FolderWatcher;
  signal: AbortSignal;
  /** Null if git is not to be asked. */
  git: GitRules | null;
  isLeftOut(path: string): boolean;
  /** Something has changed: an entry of the folder, or null for the folder itself. */
  onEvent(folder: string, name: string | null): void;
  /** A folder cannot be watched, although it is there. */
  onFailure(folder: string, error: unknown): void;
}

/** The folders that are watched below one path. Remembers folders only, no files. */
export class WatchedFolders {
  readonly #means: FolderMeans;
  readonly #folders = new Map<string, () => void>();
  #isLimited = false;

  constructor(means: FolderMeans) {
    this.#means = means;
  }

  has(folder: string): boolean {
    return this.#folders.has(folder);
  }

  /** Ends the watches of `folder` and all below it. */
  forget(folder: string): void {
    for (const [path, close] of this.#folders) {
      if (!isWithin(path, folder)) continue;
      this.#folders.delete(path);
      close();
    }
  }

  close(): void {
    this.#folders.forEach((close) => close());
    this.#folders.clear();
  }

  /** Watches `folder`, without those below it. Does nothing if that is done already. */
  add(folder: string): void {
    const { watcher, signal, onEvent, onFailure } = this.#means;
    if (this.#folders.has(folder) || this.#isLimited || signal.aborted) return;
    try {
      this.#folders.set(folder, watcher.watch(folder, (name) => onEvent(folder, name)));
    } catch (error) {
      if (isMissing(error)) return; // the folder that it was in reports that
      if (inotifyLimit(systemErrorCode(error)) !== null) this.#isLimited = true;
      onFailure(folder, error);
    }
  }

  /**
   * Watches `start` and all folders below it, without those that are left out or that git ignores, and without following
   * links. Each is watched before it is read, so that nothing is missed.
   *
   * @returns the files found, at most {@linkcode MOST_FILES}; null if there are more than {@linkcode MOST_FOLDERS} folders
   */
  async addAll(start: string): Promise<string[] | null> {
    const { signal, git } = this.#means;
    const files: string[] = [];
    for (let level = [start]; level.length > 0 && !signal.aborted;) {
      const ignored = await git?.ignoredOf(level.map((path) => `${path}/`)) ?? new Set();
      const wanted = level.filter((path) => !ignored.has(`${path}/`));
      const fresh = wanted.filter((path) => !this.#folders.has(path)).length;
      if (this.#folders.size + fresh > MOST_FOLDERS) return null;
      level = [];
      for (const folder of wanted) {
        this.add(folder);
        const found = await this.#read(folder, MOST_FILES - files.length);
        level.push(...found.folders);
        files.push(...found.files);
        if (signal.aborted) break;
      }
    }
    return files;
  }

  /** The folders in a folder, and at most `mostFiles` of its files. */
  async #read(folder: string, mostFiles: number): Promise<{ folders: string[]; files: string[] }> {
    const { isLeftOut, onFailure } = this.#means;
    const found = { folders: [] as string[], files: [] as string[] };
    try {
      // readdir() of 50,000 files blocks Deno for 0.4 s.
      for await (const entry of await opendir(folder, { bufferSize: READ_AT_ONCE })) {
        const path = join(folder, entry.name);
        if (isLeftOut(path)) continue;
        if (entry.isDirectory()) found.folders.push(path);
        else if (!isOfEditor(path) && found.files.length < mostFiles) found.files.push(path);
      }
    } catch (error) {
      if (!isMissing(error)) onFailure(folder, error);
    }
    return found;
  }
}
