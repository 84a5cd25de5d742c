import { closeSync, fstatSync } from "node:fs";
import { DEFAULT_GRACE_MS } from "../config/policy.ts";
import type { Instance } from "../instance/context.ts";
import { openLog } from "../logs/open_log.ts";
import type { LockFile } from "../platform/locks/lock_file.ts";
import type { ProcessExit, SpawnOptions } from "../platform/spawn/spawn_options.ts";
import type { Launch } from "./program.ts";
import type { TrackedProcess } from "./tracked_process.ts";

/**
 * Spawns a program whose output is appended to `log`. From then on it alone holds the process lock of `instance`.
 *
 * @throws {LocalError} `launch-failed`, `home-unusable`, and as {@linkcode Launch.takeLock} does
 * @throws the reason of the launch's signal, when nothing is spawned yet
 */
export async function spawnLogged(
  instance: Instance,
  launch: Pick<Launch<TrackedProcess>, "signal" | "takeLock">,
  log: string,
  program: Pick<SpawnOptions, "command" | "args" | "cwd" | "env">,
): Promise<TrackedProcess> {
  const fd = openLog(log);
  let lock: LockFile | null = null;
  try {
    lock = await launch.takeLock();
    launch.signal.throwIfAborted();
    const logStart = fstatSync(fd).size;
    const spawned = await instance.spawn({ ...program, stdin: "null", stdout: fd, stderr: fd, pass: [lock.fd] });
    const { pid, exited: ended } = spawned;
    const { startTime = "", executable = null } = instance.processes.inspect(pid) ?? {};
    return { pid, startTime, executable, startedAtMs: Date.now(), adopted: false, ended, logStart };
  } finally {
    closeSync(fd);
    lock?.close();
  }
}

/**
 * Waits until `process`, which is tracked, is ready or has ended. When it is not going to be ready, what is left of it is
 * terminated, and nothing holds its lock.
 *
 * @param untilReady Resolves when it is ready, or throws why it will not be. Its signal also aborts when the process ends.
 * @throws what `untilReady` throws
 * @throws the reason of the launch's signal, which leaves the process to the manager
 */
export async function readyOrEnded<Ready>(
  process: TrackedProcess,
  { signal, terminate, takeLock }: Pick<Launch<TrackedProcess>, "signal" | "terminate" | "takeLock">,
  untilReady: (signal: AbortSignal) => Promise<Ready>,
): Promise<{ ready: Ready } | { end: ProcessExit }> {
  const over = new AbortController();
  const outcome = untilReady(AbortSignal.any([signal, over.signal]))
    .then((ready) => ({ ready }), (error: unknown) => ({ error }));
  const first = await Promise.race([outcome, process.ended.then((end) => ({ end }))]);
  over.abort();
  await outcome;
  if ("ready" in first) return first;
  signal.throwIfAborted();
  // SIGTERM first, which is harmless also while a database is being made.
  const graceMs = "end" in first ? 0 : DEFAULT_GRACE_MS;
  await terminate({ pgid: process.pid, leaderStartTime: process.startTime }, graceMs);
  // What left the group (a wrapper that calls setsid) has the lock still, and with it ports and files.
  (await takeLock()).close();
  if ("error" in first) throw first.error;
  return first;
}
