import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { instancePaths } from "../lib/instance/paths.ts";
import type { Status } from "../lib/instance/status/status.ts";
import { processesHere } from "../lib/platform/processes/processes_here.ts";
import { killInstance } from "../tests/e2e/support.ts";
import { freePorts } from "../tests/free_ports.ts";
import type { Runtime } from "./measurement.ts";
import { emptyCommand, time, type Timed, timeOrThrow, toolCommand } from "./runtimes.ts";
import { until } from "./until.ts";

const processes = processesHere();

/** A temporary home with free ports. */
export interface Scratch {
  home: string;
  /** A folder for a project; not in the home, where nothing is watched. */
  project: string;
  port: number;
  uiPort: number;
}

/** Runs `body` with its own home. Afterwards, kills the processes that still run there, and removes the home. */
export async function withScratch<T>(body: (scratch: Scratch) => Promise<T>): Promise<T> {
  const home = mkdtempSync(join(tmpdir(), "sl-bench-"));
  const project = `${home}-project`;
  const scratch = { home, project, ...await freePorts() };
  try {
    return await body(scratch);
  } finally {
    await killInstance(instancePaths(home));
    for (const folder of [home, project]) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The command line of `start` on the scratch home. */
export function startCommand(scratch: Scratch, runtime: Runtime, args: readonly string[] = []): string[] {
  const { home, port, uiPort } = scratch;
  return [...toolCommand(runtime), "start", "--home", home, "--port", `${port}`, "--ui-port", `${uiPort}`, ...args];
}

/** `start`, timed to its exit, which must be 0. */
export function start(scratch: Scratch, runtime: Runtime): Promise<Timed> {
  return timeOrThrow(startCommand(scratch, runtime));
}

/** `stop`, timed to its exit, which must be 0. */
export function stop(scratch: Scratch, runtime: Runtime, args: readonly string[] = []): Promise<Timed> {
  return timeOrThrow([...toolCommand(runtime), "stop", "--home", scratch.home, ...args]);
}

/** The output of `status`, which must report healthy. */
export async function statusOf(
  scratch: Scratch,
  runtime: Runtime,
): Promise<Status & { temporal: object; supervisor: object }> {
  const { output } = await timeOrThrow([...toolCommand(runtime), "status", "--json", "--home", scratch.home]);
  return JSON.parse(output);
}

/** The floor R, in ms. */
export async function emptyScript(scratch: Scratch, runtime: Runtime): Promise<number> {
  const path = join(scratch.home, "empty.mjs");
  writeFileSync(path, "");
  return (await time(emptyCommand(runtime, path))).ms;
}

/** Sends a signal; with SIGKILL resolves once the process is dead. */
export async function kill(pid: number, signal: "SIGKILL" | "SIGSTOP"): Promise<void> {
  process.kill(pid, signal);
  if (signal === "SIGKILL") await untilDead(pid);
}

/** Resolves when process `pid` is dead. */
export async function untilDead(pid: number): Promise<void> {
  await until(`pid ${pid} is alive`, 1, () => ["Z", "X"].includes(processes.inspect(pid)?.state ?? "X") || null);
}
