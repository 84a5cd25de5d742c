import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import type { CloseOnExec } from "./close_on_exec.ts";
import { cannotRun, requireExecutable } from "./executable.ts";
import { type PosixChild, type PosixSpawn, posixSpawn } from "./posix_spawn_deno.ts";
import type { ProcessExit, SpawnOptions } from "./spawn_options.ts";

/** A process that was started. */
export interface DetachedProcess extends PosixChild {
  /** How it ended; null until we have heard of that. */
  exit: ProcessExit | null;
}

/** How a process is started; a test leaves some of it out. */
export interface SpawnMeans {
  /** By the C library, where that can be called; else by the runtime. */
  posixSpawn?: (options: PosixSpawn) => PosixChild | null;
  /** Keeps inherited descriptors from a child of the runtime's. */
  mask?: () => CloseOnExec;
}

/**
 * Starts a program in a session and process group of its own (PID == PGID == SID, setsid(2)), with exactly the
 * descriptors 0, 1, 2 and those of `pass`: nothing else that we, or who called us, had open. Resolves when the program
 * itself runs, so that its executable can be looked at.
 *
 * @throws {LocalError} `launch-failed` when there is no such program or folder, it may not be executed, or is for another
 * platform; the facts tell `command` and `systemError`
 */
export async function spawnDetached(options: SpawnOptions, means: SpawnMeans = {}): Promise<DetachedProcess> {
  const child: DetachedProcess = { ...await start(options, means), exit: null };
  child.exited.then((exit) => {
    child.exit = exit;
  });
  return child;
}

async function start(options: SpawnOptions, means: SpawnMeans): Promise<PosixChild> {
  const { command, args, cwd, env, stdin, stdout, stderr, pass } = options;
  const program = requireExecutable(command, env.PATH);
  try {
    const spawnAtOnce = means.posixSpawn ?? posixSpawn;
    const child = spawnAtOnce({ program, args, cwd, env, descriptors: [stdin, stdout, stderr, ...pass] });
    if (child !== null) return child;
    const { spawnByRuntime } = await import("./spawn_by_runtime.ts");
    return await spawnByRuntime(program, options, means.mask);
  } catch (error) {
    throw explain(error, options);
  }
}

function explain(error: unknown, { command, cwd }: SpawnOptions): unknown {
  if (error instanceof LocalError) return error;
  const code = systemErrorCode(error);
  if (code === undefined) return error;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return cannotRun(
      command,
      code,
      `it, what it needs to run, or the folder ${cwd} is not there`,
      "Check the binary and --home",
      error,
    );
  }
  return cannotRun(command, code, code, "Check the binary and its permissions", error);
}
