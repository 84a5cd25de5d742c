import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { withGrpcChannel } from "../../lib/grpc/channel.ts";
import { listPollers } from "../../lib/grpc/task_queues.ts";
import { answersAt } from "../../lib/platform/net/probe_port.ts";
import { connectNode } from "../../lib/platform/net/connect_node.ts";
import { processesHere } from "../../lib/platform/processes/processes_here.ts";
import { delay } from "../../lib/platform/runtime/delay.ts";
import { endLeftovers, type Leftover, processesWith } from "../../scripts/testing/leftovers.ts";
import { freePort } from "../../tests/free_ports.ts";
import { memoryMbOf } from "../process_figures.ts";
import { exitOf } from "../runtimes.ts";
import { untilServing } from "../serving.ts";
import { until } from "../until.ts";
import type { Peer, Place } from "./peers.ts";

/** The figures of one run; null: it does not do that, or had not done it in time. */
export interface Figures {
  readyMs: number;
  recoveryMs: number | null;
  stopMs: number | null;
  memoryMb: number;
}

/** The columns of the table. */
export const FIGURES = [
  { key: "readyMs", unit: "ms", title: "start → all ready" },
  { key: "recoveryMs", unit: "ms", title: "`kill -9` of the listener → it listens again" },
  { key: "stopMs", unit: "ms", title: "stop → nothing left" },
  { key: "memoryMb", unit: "MB", title: "memory beside the processes (PSS)" },
] as const;

/** A variable in the environment of everything that a run starts. */
const MARK = "PEERS_RUN";
/** What has not happened by then does not: no figure is larger than a tenth of it. */
const NEVER_MS = 20_000;
/** How long everything runs before the crash, and after it before the memory is measured, in ms. */
const SETTLE_MS = 3000;

/** One run of `peer`: start, crash, stop. Kills what it leaves. */
export async function measure(peer: Peer): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), "sl-peers-"));
  const place: Place = { folder, port: await freePort(), listenerPort: await freePort(), taskQueue: "peers" };
  const { start, stop, env } = peer.prepare(place);
  const log = openSync(join(folder, "output.log"), "a");
  const call = ([file, ...args]: readonly string[]): ChildProcess =>
    spawn(file!, args, {
      cwd: folder,
      stdio: ["ignore", log, log],
      env: { ...process.env, ...env, [MARK]: folder },
      detached: true,
    });
  try {
    const startedAt = performance.now();
    const child = call(start);
    const exited = exitOf(child);
    await untilReady(place);
    const readyMs = performance.now() - startedAt;
    await delay(SETTLE_MS);

    const recoveryMs = peer.restarts ? await inTime(recover(place)) : null;
    await delay(SETTLE_MS);
    const own = marked(folder).filter((each) => !isProgram(each));
    const memoryMb = own.reduce((sum, { pid }) => sum + memoryMbOf(pid), 0);

    const stoppedAt = performance.now();
    if (stop === null) child.kill("SIGINT");
    else call(stop);
    const stopMs = await inTime(untilSo(() => marked(folder).length === 0).then(() => performance.now() - stoppedAt));
    if (stopMs !== null) await exited;
    return { readyMs, recoveryMs, stopMs, memoryMb };
  } catch (error) {
    const left = marked(folder).map(({ pid, command }) => `pid ${pid}: ${command}`);
    console.error([`${peer.name}:`, readFileSync(join(folder, "output.log"), "utf8"), ...left].join("\n"));
    throw error;
  } finally {
    closeSync(log);
    endLeftovers(marked(folder));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Resolves when Temporal serves, the listener listens, and the worker polls. */
async function untilReady({ port, listenerPort, taskQueue }: Place): Promise<void> {
  await untilServing(port);
  await untilSo(() => answersAt("127.0.0.1", listenerPort));
  await withGrpcChannel(connectNode, { host: "127.0.0.1", port }, 5000, (channel) =>
    untilSo(async () => {
      const pollers = await listPollers(channel, "default", taskQueue, "activity", 5000);
      return !("why" in pollers) && pollers.length > 0;
    }));
}

async function recover({ listenerPort }: Place): Promise<number> {
  const [listener] = processesHere().listeners(listenerPort);
  const killedAt = performance.now();
  process.kill(listener!.pid!, "SIGKILL");
  await untilSo(async () => !await answersAt("127.0.0.1", listenerPort));
  await untilSo(() => answersAt("127.0.0.1", listenerPort));
  return performance.now() - killedAt;
}

/** What a run has started and is alive. */
function marked(folder: string): Leftover[] {
  return processesWith([`${MARK}=${folder}`]);
}

/** Whether it is one of the three programs, and no shell around it. */
function isProgram({ command }: Leftover): boolean {
  return /^\S+ (\S+\/(listener\.mjs|worker\.cjs)|server)( |$)/.test(command);
}

/** What `figure` resolves with; null if that takes too long. */
async function inTime(figure: Promise<number>): Promise<number | null> {
  const never = new AbortController();
  const late = delay(NEVER_MS, never.signal).then(() => null, () => null);
  figure.catch(() => {}); // it gives up later
  const first = await Promise.race([figure, late]);
  never.abort();
  return first;
}

async function untilSo(isSo: () => boolean | Promise<boolean>): Promise<void> {
  await until("It is not so", 2, async () => await isSo() || null);
}
