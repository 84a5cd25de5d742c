import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { assert, assertEquals } from "@std/assert";
import { type GrpcChannel, openGrpcChannel } from "../../lib/grpc/channel.ts";
import { describeNamespace } from "../../lib/grpc/health.ts";
import { registerNamespace } from "../../lib/grpc/namespaces.ts";
import { parseRecord, type PidRecord } from "../../lib/instance/pid_file_format.ts";
import type { Status } from "../../lib/instance/status/status.ts";
import { currentHost } from "../../lib/platform/runtime/current_host.ts";
import { SETSID_IN_SHELL } from "../portable.ts";
import {
  assertNothingLeft,
  DEADLINE_MS,
  history,
  isAlive,
  temporalBinary,
  type TestInstance,
  until,
} from "./support.ts";
import { ask } from "./support_events.ts";

/** The PIDs of a status that has both. */
export function pidsOf(status: Status): { temporal: number; supervisor: number } {
  assert(status.temporal !== null && status.supervisor !== null, `no Temporal, or no supervisor: ${status.state}`);
  return { temporal: status.temporal.pid, supervisor: status.supervisor.pid };
}

/** Kills processes with SIGKILL and waits until they are dead. */
export async function killHard(...pids: number[]): Promise<void> {
  for (const pid of pids) process.kill(pid, "SIGKILL");
  for (const pid of pids) await until(`pid ${pid} is dead`, () => !isAlive(pid));
}

/** Removes the home of a running instance, which may create files at the same moment. */
export function removeHome({ home }: TestInstance): Promise<boolean> {
  return until(`${home} is gone`, () => {
    try {
      rmSync(home, { recursive: true, force: true });
    } catch (error) {
      if ((error as { code?: string }).code !== "ENOTEMPTY") throw error;
    }
    return !existsSync(home);
  });
}

/** Waits until another Temporal than `pid` is ready, and returns what `status` tells then. */
export async function untilRecovered(
  instance: TestInstance,
  pid: number,
): Promise<Status & { exitCode: number | null }> {
  await until(`another Temporal than pid ${pid} serves`, async () => {
    const status = await ask(instance, "GET", "/status");
    return status.state === "running" && status.healthy && status.temporal?.pid !== pid;
  });
  return instance.status();
}

/** Stops the instance and proves that it, and `others`, left nothing behind. */
export async function stopCleanly(
  instance: TestInstance,
  status: Status,
  others: readonly number[] = [],
): Promise<void> {
  const { temporal, supervisor } = pidsOf(status);
  const { code, stderr } = await instance.stop(["--force"]);
  assertEquals(code, 0, stderr);
  assertNothingLeft(instance, [temporal, supervisor, ...others]);
}

/** The PIDs of the Temporals that were launched so far. */
export function launchedPids(instance: TestInstance): number[] {
  return history(instance).filter(({ event }) => event === "launched").map(({ pid }) => Number(pid));
}

/** The record of the instance's Temporal. */
export function recordOf({ paths }: TestInstance): PidRecord {
  const reading = parseRecord(readFileSync(paths.record, "utf8"));
  assert("record" in reading, "there is no record");
  return reading.record;
}

/** The processes that have the database open. */
export function databaseUsers(instance: TestInstance): number[] {
  return instance.processes.fileUsers(instance.paths.defaultDatabase).map(({ pid }) => pid);
}

/**
 * A `temporal` that first runs `prelude`, lines of sh, and then execs the real one: the background processes of the prelude
 * are in Temporal's process group, and have its lock open as descriptor 3.
 */
export function wrapTemporal(folder: string, prelude: string): string {
  const path = join(folder, "wrapped-temporal");
  const lines = ["#!/bin/sh", `if [ "$1" = server ]; then`, prelude, "fi", `exec '${temporalBinary()}' "$@"`];
  writeFileSync(path, lines.join("\n") + "\n", { mode: 0o755 });
  return path;
}

/** A {@linkcode wrapTemporal} that starts when the test says so. */
export function patientTemporal({ home }: TestInstance): { binary: string; letGo: () => void } {
  const go = join(home, "go");
  const binary = wrapTemporal(home, `while ! [ -e "${go}" ]; do sleep 0.05; done`);
  return { binary, letGo: () => writeFileSync(go, "") };
}

/** Long enough for every test, and short enough to disappear after a killed test run. */
const CHILD_SECONDS = 300;

/** A line for {@linkcode wrapTemporal}: a child that ignores SIGTERM; its PID is in `pidFile`. */
export function stubbornChild(pidFile: string): string {
  return `sh -c 'trap "" TERM; echo $$ >"${pidFile}"; exec sleep ${CHILD_SECONDS}' &`;
}

/** A line for {@linkcode wrapTemporal}: a child that leaves session and group, and keeps the lock. */
export function escapedChild(pidFile: string): string {
  return `${SETSID_IN_SHELL} sh -c 'echo $$ >"${pidFile}"; exec sleep ${CHILD_SECONDS}' &`;
}

/**
 * A line for {@linkcode wrapTemporal}: a zombie in the group, PID in `zombieFile`, whose parent has left the group
 * without the lock and never reaps it. The test must kill the parent, PID in `parentFile`.
 */
export function unreapedChild(zombieFile: string, parentFile: string): string {
  const script =
    `sleep 0 & echo $! >"${zombieFile}"; echo $$ >"${parentFile}"; exec ${SETSID_IN_SHELL} sleep ${CHILD_SECONDS}`;
  return `sh -c '${script}' 3>&- &`;
}

/** The PID in a file that a child process writes. */
export function readPid(path: string): Promise<number> {
  return until(`a PID in ${path}`, () => {
    try {
      const text = readFileSync(path, "utf8");
      return text.endsWith("\n") ? Number(text) : null;
    } catch {
      return null; // not written yet
    }
  });
}

/** Opens a channel to the Temporal of `instance`. */
export async function openChannel(instance: TestInstance): Promise<GrpcChannel> {
  const { connect } = await currentHost();
  return await openGrpcChannel(connect, { host: "127.0.0.1", port: instance.port }, DEADLINE_MS);
}

/** Creates a namespace: data that a later Temporal on the same database still has. */
export async function makeNamespace(instance: TestInstance, name: string): Promise<void> {
  const channel = await openChannel(instance);
  const refusal = await registerNamespace(channel, name, DEADLINE_MS);
  channel.close();
  assertEquals(refusal, null);
}

/** Whether the namespace exists; waits for Temporal's namespace cache. */
export async function assertNamespace(instance: TestInstance, name: string): Promise<void> {
  const channel = await openChannel(instance);
  await until(
    `namespace ${name} exists`,
    async () => await describeNamespace(channel, name, DEADLINE_MS) === "found",
  );
  channel.close();
}
