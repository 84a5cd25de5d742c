import { lstat, realpath } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { messageOf, systemErrorCode } from "../../errors/local_error.ts";
import { isMissing } from "../../errors/system_error.ts";
import { isWithin } from "../../platform/files/is_within.ts";
import { networkFileSystem } from "../../platform/files/network_file_system.ts";
import type { FolderWatcher } from "../../platform/watch/folder_watcher.ts";
import { GitRules } from "./git_rules.ts";
import { inotifyLimit, isLeftOut, isOfEditor, MOST_FOLDERS, refusalOf } from "./rules.ts";
import { WatchedFolders } from "./watched_folders.ts";

/** The queue of inotify(7) holds 16,384 events by default, and Node does not tell when it overflows. */
const FLOOD = 2_000;

/** What a {@linkcode WatchedPath} needs to know. */
export interface WatchedPathMeans {
  watcher: FolderWatcher;
  /** Absolute, without links. */
  project: string;
  /** Folders that are left out: absolute, without links. */
  ignored: readonly string[];
  signal: AbortSignal;
  /** Something changed at `path`, which {@linkcode WatchedPath.examine} may find not to count. */
  onChange(path: string): void;
  /** Once per `cause`. */
  warn(cause: string, message: string): void;
}

/** Where a path leads to that is watched now. */
interface Target {
  path: string;
  /** The folder that is watched: the path itself, or the one that the file is in, since editors replace files. */
  folder: string;
  git: GitRules | null;
  folders: WatchedFolders;
}

/** One path of `watch:`, a file or a folder with all below it. */
export class WatchedPath {
  readonly #given: string;
  readonly #means: WatchedPathMeans;
  #target: Target | null = null;
  #haveRulesChanged = false;
  #unexamined = 0;
  /** Whether there are so many changes that the kernel may have lost some. */
  #isFlooded = false;
  /** Whether it does not exist, so that {@linkcode open} is to be tried again. */
  isMissing = false;

  /** @param given Absolute; may be a link. */
  constructor(given: string, means: WatchedPathMeans) {
    this.#given = given;
    this.#means = means;
  }

  /** The path as it was given, or below it, for a path that {@linkcode WatchedPathMeans.onChange} was told. */
  asGiven(path: string): string {
    const target = this.#target;
    return target !== null && isWithin(path, target.path)
      ? join(this.#given, relative(target.path, path))
      : this.#given;
  }

  /** Begins to watch it; or begins again, without missing a change meanwhile. */
  async open(): Promise<void> {
    const old = this.#target;
    try {
      this.isMissing = false;
      const target = await this.#find();
      this.#target = target;
      if (target === null) return;
      if (target.folder === target.path && !this.#means.watcher.isRecursive) await this.#addAll(target.folder);
      else target.folders.add(target.folder);
    } catch (error) {
      this.#target = null;
      if (isMissing(error)) this.isMissing = true;
      else this.#means.warn(`unusable ${this.#given}`, `Not watching ${this.#given}: ${reasonOf(error)}`);
    } finally {
      old?.folders.close();
    }
  }

  /** Where it leads to; null if that must not be watched. */
  async #find(): Promise<Target | null> {
    const { watcher, signal, ignored, warn } = this.#means;
    const given = this.#given;
    const path = await realpath(given);
    const isFolder = (await lstat(path)).isDirectory();
    const refusal = refusalOf(path, this.#means);
    if (refusal !== null) {
      warn(`refused ${given}`, `Not watching ${given}: ${refusal}`);
      return null;
    }
    const network = networkFileSystem(path);
    if (network !== null) {
      warn(`network ${given}`, `${given} is on ${network}: changes made on other machines are not seen`);
    }
    const git = isFolder ? await this.#gitRules(path) : null;
    const folders = new WatchedFolders({
      watcher,
      signal,
      git,
      isLeftOut: (each) => isLeftOut(each, ignored),
      onEvent: (folder, name) => this.#onEvent(folder, name),
      onFailure: (folder, error) => this.#onFailure(folder, error),
    });
    return { path, folder: isFolder ? path : dirname(path), git, folders };
  }

  /** Ends all watches. */
  close(): void {
    this.#target?.folders.close();
    this.#target = null;
  }

  /** Returns those of the changed `paths` whose change counts. Watches folders that are new, and none that are gone. */
  async examine(paths: readonly string[]): Promise<string[]> {
    this.#unexamined = 0;
    if (this.#target === null) return [];
    const { folder } = this.#target;
    if (this.#haveRulesChanged) await this.#followRules(this.#target);
    const wasItself = paths.includes(folder);
    const wasFlooded = this.#isFlooded;
    if (wasItself || wasFlooded) {
      this.#isFlooded = false;
      await this.open();
      if (wasItself || this.isMissing) return [...paths];
    }
    const others = paths.filter((path) => path !== folder && basename(path) !== ".git");
    if (this.#isFile()) return others;
    return this.#countingOf(
      wasFlooded ? new Map(others.map((path) => [path, asGone(path)])) : await this.#lookAt(others),
    );
  }

  async #followRules({ folder, git }: Target): Promise<void> {
    this.#haveRulesChanged = false;
    git?.forget();
    if (git !== null && !this.#means.watcher.isRecursive) await this.#addAll(folder); // those ignored so far
  }

  /** What to ask git about each path, in order to know whether it counts. Watches folders that are new. */
  async #lookAt(paths: readonly string[]): Promise<Map<string, readonly string[]>> {
    const asked = new Map<string, readonly string[]>();
    const { isRecursive } = this.#means.watcher;
    for (const path of paths) {
      const folders = this.#target?.folders;
      if (folders === undefined || this.#means.signal.aborted) break;
      const info = await lstat(path).catch(() => null);
      if (folders.has(path)) folders.forget(path); // it may be another one by now
      if (info?.isDirectory() && !isRecursive) {
        asked.set(path, await this.#addAll(path)); // its files count, and an empty folder does not
      } else if (!isOfEditor(path)) asked.set(path, info === null ? asGone(path) : [path]);
    }
    return asked;
  }

  async #countingOf(asked: ReadonlyMap<string, readonly string[]>): Promise<string[]> {
    const git = this.#target?.git ?? null;
    const ignored = await git?.ignoredOf([...asked.values()].flat()) ?? new Set();
    return [...asked].filter(([path, entries]) => {
      if (entries[1] === `${path}/`) return !entries.some((each) => ignored.has(each));
      return entries.some((each) => !ignored.has(each));
    }).map(([path]) => path);
  }

  /** Null where git has nothing to say: whoever names an ignored path wants it watched. */
  async #gitRules(path: string): Promise<GitRules | null> {
    const { signal, warn } = this.#means;
    const git = new GitRules(signal, (reason) => {
      if (signal.aborted) return;
      warn(`git ${reason}`, `Cannot ask git which files below ${this.#given} it ignores, so all count: ${reason}`);
    });
    return (await git.ignoredOf([`${path}/`])).size > 0 ? null : git;
  }

  async #addAll(folder: string): Promise<string[]> {
    const files = await this.#target?.folders.addAll(folder);
    if (files !== null) return files ?? [];
    this.close();
    const reason = `there are more than ${MOST_FOLDERS.toLocaleString("en-US")} folders below it`;
    this.#means.warn(`folders ${this.#given}`, `Not watching ${this.#given}: ${reason}. Name those with sources`);
    return [];
  }

  #onEvent(folder: string, name: string | null): void {
    const target = this.#target;
    if (target === null) return;
    const path = name === null ? folder : join(folder, name);
    if (this.#isFile() && path !== target.path && path !== folder) return;
    const hasRules = name !== null && [".git", ".gitignore"].includes(basename(name));
    if (this.#isLeftOut(hasRules ? dirname(path) : path)) return;
    if (hasRules) this.#haveRulesChanged = true;
    else if (target.git?.isKnownIgnored(path)) return;
    if (++this.#unexamined > FLOOD) this.#isFlooded = true;
    this.#means.onChange(path);
  }

  /** A recursive watcher reports what lies in the folders that are left out as well. */
  #isLeftOut(path: string): boolean {
    const { ignored, watcher } = this.#means;
    if (isLeftOut(path, ignored)) return true;
    if (!watcher.isRecursive) return false;
    const names = relative(this.#target!.folder, path).split(sep);
    return names.some((name) => isLeftOut(name, [])) || ignored.some((each) => isWithin(path, each));
  }

  #isFile(): boolean {
    return this.#target !== null && this.#target.folder !== this.#target.path;
  }

  #onFailure(folder: string, error: unknown): void {
    const limit = inotifyLimit(systemErrorCode(error));
    const what = `Cannot watch ${folder === this.#given ? folder : `all of ${this.#given}`}`;
    if (limit !== null) this.#means.warn(limit.reason, `${what}: ${limit.reason}; ${limit.remedy}`);
    else this.#means.warn(`failure ${this.#given}`, `${what}: ${folder}: ${reasonOf(error)}`);
  }
}

/** A rule for folders (`dist/`) matches what is gone only with a slash. */
function asGone(path: string): readonly string[] {
  return [path, `${path}/`];
}

function reasonOf(error: unknown): string {
  const code = systemErrorCode(error);
  if (code === "EACCES" || code === "EPERM") return "permission to read it is denied";
  return code ?? messageOf(error);
}
