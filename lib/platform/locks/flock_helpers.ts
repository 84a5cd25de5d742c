import { spawn, type SpawnOptions } from "node:child_process";
import process from "node:process";
import { isNotOnPath, type LocalError, systemErrorCode } from "../../errors/local_error.ts";
import { limitHint, writeFault } from "../../errors/system_error.ts";
import { isDeno } from "../runtime/host.ts";
import { spawnClosed } from "../spawn/close_on_exec.ts";
import { findSystemTool } from "../spawn/executable.ts";
import { started } from "../spawn/started.ts";
import { lockFailed } from "./lock_failure.ts";

/**
 * Programs that take flock(2) on their descriptor 3, and so for every process that shares the open file. They exit with
 * 0 when they have it, and with 1 and no output if it is held; busybox's flock also exits with 1, but with a message, if
 * it fails. `$^F = 3`: perl sets close-on-exec on descriptors above it. EAGAIN is 11 on Linux, 35 on macOS.
 */
const HELPERS: Readonly<Record<string, readonly string[]>> = {
  flock: ["-n", "3"],
  perl: [
    "-e",
    "BEGIN { $^F = 3 } open my $h, '+<&=', 3 or exit 2; exit 0 if flock $h, 6; exit 1 if $! == 11 || $! == 35; print STDERR $!; exit 2",
  ],
};

/**
 * Ctrl-C on a terminal kills a helper too, which is in the same process group; this process decides how to react to the
 * signal.
 */
const MAX_TRIES = 5;

/** How a helper ended; its exit code is null if a signal killed it. */
interface HelperEnd {
  code: number | null;
  complaint: string;
}

/**
 * Takes an exclusive flock(2) on the open file `fd` without waiting, by a helper program that inherits it; false if it
 * is held elsewhere. Takes 3–4 ms.
 *
 * @param path Path of the file, for messages.
 * @throws {LocalError} `lock-failed` if locking fails: no helper program, or a file system without locks
 */
export async function flockByHelper(fd: number, path: string): Promise<boolean> {
  for (const [command, args] of Object.entries(HELPERS)) {
    let end = await run(command, args, fd, path);
    for (let tries = 1; end?.code === null && tries < MAX_TRIES; tries++) end = await run(command, args, fd, path);
    if (end === null) continue;
    const { code, complaint } = end;
    if (code === 0) return true;
    if (code === 1 && complaint === "") return false;
    throw failed(
      path,
      code === null ? `${command} was killed by a signal` : complaint || `${command} exited with ${code}`,
    );
  }
  throw failed(path, "neither flock(1) nor perl is installed", "Install util-linux, busybox or perl");
}

/**
 * Null if the program is not installed. Not spawnSync, which blocks signal handlers. Not detached: in this process group
 * it counts as part of this process.
 */
async function run(command: string, args: readonly string[], fd: number, path: string): Promise<HelperEnd | null> {
  const program = findSystemTool(command, process.env.PATH);
  if (program === null) return null;
  // Without the caller's LD_PRELOAD, PERL5OPT …, which can print to stderr: output means failure.
  const env = process.env["PATH"] === undefined ? {} : { PATH: process.env["PATH"] };
  let child;
  try {
    const options = { env, stdio: ["ignore", "ignore", "pipe", fd] } satisfies SpawnOptions;
    child = await started(() => spawnClosed(() => spawn(program, args, options)));
  } catch (error) {
    if (isNotOnPath(error)) return null;
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    throw failed(path, `${command} cannot be started: ${writeFault(code)}`, limitHint(code));
  }
  return await new Promise((resolve) => {
    let complaint = "";
    child.stderr!.setEncoding("utf8").on("data", (text: string) => complaint += text);
    child.once("close", (code) => resolve({ code, complaint: complaint.trim() }));
  });
}

function failed(path: string, why: string, hint = "Choose a --home on a local disk"): LocalError {
  return lockFailed(path, why, { hint, facts: { runtime: isDeno ? "deno" : "node", pid: process.pid } });
}
