import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import { isUnnamedErrno, limitHint, writeFault } from "../../errors/system_error.ts";
import { INSTALL_ROSETTA } from "../../text/macos_commands.ts";
import { cannotRun, requireExecutable } from "./executable.ts";
import { type PosixChild, posixSpawn } from "./posix_spawn_deno.ts";
import type { ProcessExit, SpawnOptions } from "./spawn_options.ts";

/** errno of macOS for a program for Intel on Apple silicon without Rosetta. */
const EBADARCH = 86;

/** A started process. */
export interface DetachedProcess extends PosixChild {
  /** How it exited; null until that is known. */
  exit: ProcessExit | null;
}

/**
 * Starts a program in its own session and process group (PID == PGID == SID, setsid(2)), with exactly the descriptors
 * 0, 1, 2 and those of `pass`, and no other that this process or its caller had open. Resolves when the program itself
 * is running, so that its executable can be inspected.
 *
 * @param byLibrary Starts it by the C library, or returns null: then the runtime does.
 * @throws {LocalError} `launch-failed` if the program or folder does not exist, is not executable, or is built for
 * another platform; facts: `command`, `systemError`
 */
export async function spawnDetached(options: SpawnOptions, byLibrary = posixSpawn): Promise<DetachedProcess> {
  const child: DetachedProcess = { ...await start(options, byLibrary), exit: null };
  child.exited.then((exit) => {
    child.exit = exit;
  });
  return child;
}

async function start(options: SpawnOptions, byLibrary: typeof posixSpawn): Promise<PosixChild> {
  const program = requireExecutable(options.command, options.env.PATH);
  try {
    const child = byLibrary(program, options);
    if (child !== null) return child;
    const { spawnByRuntime } = await import("./spawn_by_runtime.ts");
    return await spawnByRuntime(program, options);
  } catch (error) {
    throw explain(error, options);
  }
}

function explain(error: unknown, { command, cwd }: SpawnOptions): unknown {
  if (error instanceof LocalError) return error;
  if (isUnnamedErrno(error, EBADARCH)) {
    return cannotRun(
      command,
      "EBADARCH",
      "it is built for another processor",
      `${INSTALL_ROSETTA}, or get it for this one`,
      error,
    );
  }
  const code = systemErrorCode(error);
  if (code === undefined) return error;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return cannotRun(
      command,
      code,
      `the file, its interpreter or loader, or the directory ${cwd} was not found`,
      "Check the binary and --home",
      error,
    );
  }
  return cannotRun(command, code, writeFault(code), limitHint(code) ?? "Check the binary and its permissions", error);
}
