import process from "node:process";
import { isLockedInLsof, type LsofFile } from "./parse_lsof.ts";
import type { PsOwner } from "./parse_ps.ts";
import type { LockHolder } from "./processes.ts";
import type { TargetFile } from "./target_file.ts";

/** Whether an open file is the target, or was before it was deleted; null if neither. */
export function locationOf(file: LsofFile, { path, identity }: TargetFile): LockHolder["on"] | null {
  if (file.type !== "REG" || !/^\d+$/.test(file.fd ?? "")) return null;
  if (identity !== null && file.inode === identity.ino && file.device === identity.dev) return "path";
  return file.links === 0 && file.path === path ? "deleted" : null;
}

/** The processes that have the target open and locked, each once. */
export function holdersIn(
  files: LsofFile[],
  target: TargetFile,
  holder: (file: LsofFile, more: Pick<LockHolder, "on">) => LockHolder,
): LockHolder[] {
  const found = new Map<number, [LsofFile, LockHolder["on"]]>();
  for (const file of files) {
    const on = isLockedInLsof(file) ? locationOf(file, target) : null;
    if (on !== null && found.get(file.pid)?.[1] !== "path") found.set(file.pid, [file, on]);
  }
  return [...found.values()].map(([file, on]) => holder(file, { on }));
}

/** Where macOS keeps its own programs: most processes run from there, and none of this tool. */
const APPLE = /^\/(System|usr\/libexec|usr\/sbin|sbin|Library\/Apple)\//;

/** An application, unless it runs a script: an editor built on Electron may run this tool with its own executable. */
const APPLICATION = /^\/Applications\/(?!.*\.[cm]?[jt]s\b)/;

function isOfDesktop(command: string): boolean {
  return APPLE.test(command) || APPLICATION.test(command);
}

/** The PIDs of processes that may have a file of an instance open: this user's (all users' for root), without those of macOS. */
export function candidatesAmong(everyone: PsOwner[]): number[] {
  const uid = process.getuid?.() ?? 0;
  return everyone.filter((each) => (uid === 0 || each.uid === uid) && !isOfDesktop(each.command))
    .map(({ pid }) => pid);
}
