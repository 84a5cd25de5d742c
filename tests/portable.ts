import { spawnSync } from "node:child_process";
import { constants, copyFileSync } from "node:fs";
import process from "node:process";

/** Whether this is Linux; elsewhere there is no `/proc`, and other programs. */
export const isLinux: boolean = process.platform === "linux";

/** For `skip` of a test that needs something of Linux: false there, the reason elsewhere. */
export function needsLinux(what: string): string | false {
  return isLinux ? false : `NOT TESTED on ${process.platform}: ${what}`;
}

/** Words that begin a command line in a session of its own: setsid(1), which macOS does not have. */
export const SETSID: readonly string[] = ["perl", "-MPOSIX=setsid", "-e", "setsid; exec @ARGV"];

/** {@linkcode SETSID} in sh; has double quotes. */
export const SETSID_IN_SHELL = 'perl -MPOSIX=setsid -e "setsid; exec @ARGV"';

/** A command line that executes `command` with a flock(2) on `path`, or exits with 1 if the lock is held: flock(1). */
export function withFlock(path: string, ...command: string[]): string[] {
  // The lock is on a descriptor up to 9, which exec keeps open.
  const script = 'BEGIN { $^F = 9 } open L, ">>", shift and flock L, LOCK_EX | LOCK_NB or exit 1; exec @ARGV';
  return ["perl", "-MFcntl=:flock", "-e", script, path, ...command];
}

/**
 * A command line that runs `line` of sh on a pseudo-terminal, writes its screen to stdout and exits as it does: script(1),
 * which takes other arguments on macOS, and no socket as stdin, which the runtimes' pipes are.
 */
export function onPseudoTerminal(line: string): string[] {
  if (isLinux) return ["script", "-qec", line, "/dev/null"];
  return ["sh", "-c", 'cat | script -q /dev/null sh -c "$1"', "sh", line];
}

/** For `skip` of a test that needs {@linkcode onPseudoTerminal}. */
export function noTerminal(): string | false {
  const { status } = spawnSync("sh", ["-c", "command -v script"]);
  return status === 0 ? false : "NOT TESTED, script(1) is not installed";
}

/** Makes a program at `path` that sleeps, and returns its command line. macOS ends copies of its own programs. */
export function makeSleeper(path: string, seconds: number): string[] {
  if (isLinux) {
    copyFileSync("/bin/sleep", path);
    return [path, `${seconds}`];
  }
  copyFileSync(process.env["STIGMER_TEST_NODE"] ?? process.execPath, path, constants.COPYFILE_FICLONE);
  return [path, "-e", `setTimeout(() => {}, ${seconds * 1000})`];
}

/**
 * Whether kill(2) failed because nothing is there to be signalled: on macOS it refuses a group of zombies.
 *
 * @throws any other error
 */
export function assertGone(error: unknown): void {
  const { code } = error as { code?: string };
  if (code !== "ESRCH" && (isLinux || code !== "EPERM")) throw error;
}
