import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { temporalArgs } from "../lib/config/dev_server_args.ts";
import { completeSettings, type Settings } from "../lib/config/settings.ts";
import { exitOf, requireEnv } from "./runtimes.ts";
import type { Scratch } from "./scratch.ts";
import { untilServing } from "./serving.ts";

/** A Temporal without the tool, to measure the floors. */
export interface BareTemporal {
  /** From before its spawn to SERVING (the floor T). */
  servingAfterMs: number;
  /** Sends `signal` and waits for the exit; in ms (with SIGTERM the floor S). */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<number>;
}

/**
 * Spawns `temporal server start-dev` directly, with the arguments that the tool passes, on the home's database unless
 * `requested` names another.
 */
export async function startBareTemporal(scratch: Scratch, requested: Partial<Settings> = {}): Promise<BareTemporal> {
  const { home, port, uiPort } = scratch;
  mkdirSync(`${home}/temporal-data`, { recursive: true });
  const settings = completeSettings({ port, uiPort, ...requested }, `${home}/temporal-data/temporal.db`);
  const log = openSync(`${home}/bare.log`, "a");
  const startedAt = performance.now();
  const child = spawn(requireEnv("STIGMER_TEST_TEMPORAL"), temporalArgs(settings), {
    cwd: home,
    stdio: ["ignore", log, log],
    detached: true,
  });
  closeSync(log);
  const exited = exitOf(child);
  try {
    await untilServing(port);
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
  return { servingAfterMs: performance.now() - startedAt, end: (signal) => end(child, exited, signal) };
}

async function end(child: ChildProcess, exited: Promise<unknown>, signal: "SIGTERM" | "SIGKILL"): Promise<number> {
  const startedAt = performance.now();
  child.kill(signal);
  await exited;
  return performance.now() - startedAt;
}
