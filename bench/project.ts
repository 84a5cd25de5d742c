import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { instancePaths, processPaths, PROJECT_VARIABLE } from "../lib/instance/paths.ts";
import { readPidFile } from "../lib/instance/pid_file.ts";
import type { Runtime } from "./measurement.ts";
import { requireEnv, ROOT, type Timed, timeOrThrow } from "./runtimes.ts";
import { type Scratch, startCommand } from "./scratch.ts";
import { until } from "./until.ts";

const POLL_MS = 1;

/** The command of a program that listens on `port`, as a list. */
export function listenerCommand(port: number): string[] {
  return [requireEnv("STIGMER_TEST_NODE"), `${ROOT}tests/fixtures/listener.mjs`, `${port}`];
}

/** The command of a worker of the SDK, which polls the task queue in TASK_QUEUE for activities. */
export function workerCommand(): string[] {
  return [requireEnv("STIGMER_TEST_NODE"), `${ROOT}tests/fixtures/worker.cjs`];
}

/** The folder of `scratch` whose files the processes watch. */
export function sourceFolder({ project }: Scratch): string {
  return join(project, "src");
}

/** Writes a project file with these lines under `processes`, and a folder to watch beside it. */
export function writeProject(scratch: Scratch, processes: readonly string[]): string {
  mkdirSync(sourceFolder(scratch), { recursive: true });
  writeFileSync(join(sourceFolder(scratch), "code.txt"), "0\n");
  const path = join(scratch.project, "stigmer-local.yaml");
  writeFileSync(path, ["processes:", ...processes].map((line) => `${line}\n`).join(""));
  return path;
}

/** `start` with the project file at `project`, timed to its exit, which must be 0. */
export function startProject(scratch: Scratch, runtime: Runtime, project: string): Promise<Timed> {
  return timeOrThrow(["env", `${PROJECT_VARIABLE}=${project}`, ...startCommand(scratch, runtime)]);
}

/** The PID of the process `name`, once it is another one than `before`. */
export function untilAnother(scratch: Scratch, name: string, before: number | null): Promise<number> {
  const { record } = processPaths(instancePaths(scratch.home), name);
  return until(`${name} has no other process than pid ${before}`, POLL_MS, () => anotherPid(record, name, before));
}

/** The PID in the PID file of `program`; null if that is `before`, or there is none. */
export function anotherPid(path: string, program: string, before: number | null): number | null {
  const pid = readPidFile({ record: path, program }).record?.pid ?? null;
  return pid === before ? null : pid;
}

/** When the process `name` became ready for the first time, Unix ms. */
export function readyAtMs({ home }: Scratch, name: string): number {
  const { history } = instancePaths(home);
  const lines = existsSync(history) ? readFileSync(history, "utf8").trimEnd().split("\n") : [];
  const events = lines.map((line) => JSON.parse(line) as { at: string; event: string; process?: string });
  const ready = events.find(({ event, process }) => event === "running" && process === name);
  if (ready === undefined) throw new Error(`${name} was never ready`);
  return Date.parse(ready.at);
}
