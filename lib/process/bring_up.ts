import { closeSync, fstatSync } from "node:fs";
import type { Instance } from "../instance/context.ts";
import { openLog } from "../logs/open_log.ts";
import type { LockFile } from "../platform/locks/lock_file.ts";
import type { ProcessExit, SpawnOptions } from "../platform/spawn/spawn_options.ts";
import type { Launch } from "./program.ts";
import { spawnedProcess, type TrackedProcess } from "./tracked_process.ts";

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
    const child = await instance.spawn({ ...program, stdin: "null", stdout: fd, stderr: fd, pass: [lock.fd] });
    return { ...spawnedProcess(child, instance.processes), logStart };
  } finally {
    closeSync(fd);
    lock?.close();
  }
}

/** What came first: the process is ready, it will not become so, or it ended. */
export type Outcome<Ready> = { ready: Ready } | { error: unknown } | { end: ProcessExit };

/**
 * Waits until `process` is ready, unless it ends before.
 *
 * @param untilReady Resolves when it is ready; what it throws is an outcome. Its signal also aborts when the process ends.
 * @throws the reason of `signal` when it aborts
 */
export async function readyOrEnded<Ready>(
  process: TrackedProcess,
  signal: AbortSignal,
  untilReady: (signal: AbortSignal) => Promise<Ready>,
): Promise<Outcome<Ready>> {
  const over = new AbortController();
  const outcome = untilReady(AbortSignal.any([signal, over.signal]))
    .then((ready) => ({ ready }), (error: unknown) => ({ error }));
  const first = await Promise.race([outcome, process.ended.then((end) => ({ end }))]);
  over.abort();
  await outcome;
  if (!("ready" in first)) signal.throwIfAborted();
  return first;
}
