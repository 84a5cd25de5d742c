import { basename, sep } from "node:path";
import { isWithin } from "../../platform/files/is_within.ts";

/** A path is watched only up to this number of folders. */
export const MOST_FOLDERS = 5_000;

/** Folders without sources. Python writes `__pycache__` when it has read a changed file. */
const LEFT_OUT = new Set([".git", "node_modules", "__pycache__"]);

/** Whether the file or folder at `path` is left out whatever git says: those above, and the `ignored` folders. */
export function isLeftOut(path: string, ignored: readonly string[]): boolean {
  return LEFT_OUT.has(basename(path)) || ignored.includes(path);
}

const OF_EDITOR = /^(\..*\.sw[a-z]x?|4913|\.#.*|#.*#|.*~|\.DS_Store)$/;

/**
 * Whether an editor or file manager has written the file at `path` beside one that may only be open: swap files of vim
 * (`.a.ts.swp`, and `4913`, by which it tries whether it may write), locks and autosaves of Emacs (`.#a.ts`, `#a.ts#`),
 * backups (`a.ts~`).
 */
export function isOfEditor(path: string): boolean {
  return OF_EDITOR.test(basename(path));
}

/**
 * Why a path must not be watched; null if it may be.
 *
 * @param path Where it leads to: absolute, without links and `..`, as the others.
 */
export function refusalOf(
  path: string,
  { project, ignored }: { project: string; ignored: readonly string[] },
): string | null {
  if (path === sep) return "it is the root of the file system";
  if (path !== project && isWithin(project, path)) return `it leads to ${path}, which contains the project`;
  const home = ignored.find((each) => isWithin(path, each));
  return home === undefined ? null : `it is in ${home}, which the tool itself writes to`;
}

/** The paths without those that lie in another one of them. */
export function outermost(paths: readonly string[]): string[] {
  const all = [...new Set(paths)];
  return all.filter((path) => !all.some((other) => other !== path && isWithin(path, other)));
}

/** What to do about a limit of inotify(7); null for another error. */
export function inotifyLimit(code: string | undefined): { reason: string; remedy: string } | null {
  if (code === "ENOSPC") {
    return {
      reason: "the system's limit of watched folders is reached (fs.inotify.max_user_watches)",
      remedy: "raise it with `sudo sysctl fs.inotify.max_user_watches=524288`, or watch fewer folders",
    };
  }
  if (code === "EMFILE") {
    return {
      reason: "the system's limit of file watchers (fs.inotify.max_user_instances), or of open files, is reached",
      remedy: "raise it with `sudo sysctl fs.inotify.max_user_instances=1024`, or end programs that watch files",
    };
  }
  return null;
}
