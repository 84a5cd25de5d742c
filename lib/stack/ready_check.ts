import { hostname } from "node:os";
import type { ProcessSettings } from "../config/processes.ts";
import type { TaskKind } from "../grpc/task_queues.ts";
import type { Instance } from "../instance/context.ts";
import type { ProbeResult } from "../instance/status/probe.ts";
import type { PolledTaskQueue } from "../instance/status/status.ts";
import { httpStatusAt } from "../platform/net/http_status.ts";
import { answersAt } from "../platform/net/probe_port.ts";
import type { TrackedProcess } from "../process/tracked_process.ts";
import { lastPollOf, type PollingProcess, similarNames } from "./pollers.ts";
import type { Surroundings } from "./surroundings.ts";

/** A worker that has nothing to do polls anew each minute; one that has not polled for so long is silent, in ms. */
export const SILENT_MS = 75_000;
/** A process without a condition is ready when it has run for so long, in ms: most commands that fail exit before. */
const SETTLED_MS = 250;
/** The timeout of an HTTP request, in ms. */
const HTTP_TIMEOUT_MS = 1000;

const KINDS: readonly TaskKind[] = ["workflow", "activity"];

/** Looks whether one process meets its condition. */
export class ReadyCheck {
  readonly #instance: Instance;
  readonly #settings: ProcessSettings;
  readonly #surroundings: Surroundings;
  /** The polls that were seen; empty if it is not to poll. */
  readonly taskQueues: PolledTaskQueue[];

  constructor(instance: Instance, settings: ProcessSettings, surroundings: Surroundings) {
    this.#instance = instance;
    this.#settings = settings;
    this.#surroundings = surroundings;
    const { readyWhen } = settings;
    const names = readyWhen.kind === "task-queues" ? readyWhen.taskQueues : [];
    this.taskQueues = names.map((name) => ({ name, workflow: null, activity: null }));
  }

  /** Whether `process`, just launched or adopted, is ready. */
  async isReady(process: TrackedProcess): Promise<ProbeResult> {
    const { readyWhen } = this.#settings;
    switch (readyWhen.kind) {
      case "running": {
        const isSettled = Date.now() - process.startedAtMs >= SETTLED_MS;
        return isSettled ? { ok: true } : { ok: false, problem: "launched just now" };
      }
      case "task-queues":
        return await this.#pollsEach(process, 0);
      case "port":
        return this.#listens(process, readyWhen.port);
      case "http":
        return await this.#responds(readyWhen.url);
    }
  }

  /** Whether `process`, which was ready, still works. While Temporal does not serve, pollers tell nothing. */
  async isHealthy(process: TrackedProcess): Promise<ProbeResult> {
    const { readyWhen } = this.#settings;
    switch (readyWhen.kind) {
      case "running":
        return { ok: true };
      case "task-queues": {
        const servesSinceMs = this.#surroundings.servesSinceMs();
        const since = Math.max(servesSinceMs ?? Infinity, process.startedAtMs);
        if (Date.now() - since < SILENT_MS) return { ok: true };
        return await this.#pollsEach(process, Date.now() - SILENT_MS);
      }
      case "port": // mostly without the look at the kernel's socket table that tells whose it is; it may have ::1 alone
        return await answersAt("127.0.0.1", readyWhen.port) ? { ok: true } : this.#listens(process, readyWhen.port);
      case "http":
        return await this.#responds(readyWhen.url);
    }
  }

  /** Whether it has polled each task queue after `sinceMs`. */
  async #pollsEach(process: TrackedProcess, sinceMs: number): Promise<ProbeResult> {
    const polling = this.#polling(process);
    for (const queue of this.taskQueues) {
      const { name } = queue;
      let last: number | null = null;
      for (const kind of KINDS) {
        const pollers = await this.#surroundings.pollersOf(this.#namespace, name, kind);
        if ("why" in pollers) return { ok: false, problem: `task queue ${name}: ${pollers.why}` };
        const seen = lastPollOf(pollers, polling);
        queue[kind] = seen === null ? null : new Date(seen).toISOString();
        if (seen !== null) last = Math.max(seen, last ?? seen);
      }
      if (last === null) return { ok: false, problem: `it does not poll task queue \`${name}\`` };
      if (last < sinceMs) {
        const seconds = Math.round((Date.now() - last) / 1000);
        return { ok: false, problem: `it has not polled task queue \`${name}\` for ${seconds} s` };
      }
    }
    return { ok: true };
  }

  /** What it polls instead of `taskQueue`, found by trying names that are similar; null if nothing is found. */
  async otherQueue(process: TrackedProcess, taskQueue: string, log: string): Promise<string | null> {
    const polling = this.#polling(process);
    for (const name of similarNames(taskQueue, log)) {
      for (const kind of KINDS) {
        const pollers = await this.#surroundings.pollersOf(this.#namespace, name, kind);
        if (!("why" in pollers) && lastPollOf(pollers, polling) !== null) return name;
      }
    }
    return null;
  }

  get #namespace(): string {
    return this.#settings.namespace ?? this.#surroundings.served().namespace;
  }

  #polling({ pid, startedAtMs }: TrackedProcess): PollingProcess {
    const pids = this.#instance.processes.liveGroupMembers(pid).map((member) => member.pid);
    return { pids, hostname: hostname(), launchedAtMs: startedAtMs };
  }

  #listens({ pid }: TrackedProcess, port: number): ProbeResult {
    const { processes } = this.#instance;
    if (processes.groupListensOn(pid, port)) return { ok: true };
    const holder = this.holderOf(port);
    return {
      ok: false,
      problem: holder === null ? `it does not listen on port ${port}` : `port ${port} is taken by ${holder}`,
    };
  }

  /** Who listens on `port`, for people; null if no process does. */
  holderOf(port: number): string | null {
    const [listener] = this.#instance.processes.listeners(port);
    if (listener === undefined) return null;
    return listener.pid === null ? "a process of another user" : `pid ${listener.pid} (${listener.command})`;
  }

  async #responds(url: string): Promise<ProbeResult> {
    const { hostname: host, port, pathname, search } = new URL(url);
    const endpoint = { host: host.replace(/^\[|\]$/g, ""), port: Number(port || 80) };
    const answer = await httpStatusAt(this.#instance.host.connect, endpoint, pathname + search, HTTP_TIMEOUT_MS);
    if ("error" in answer) return { ok: false, problem: `${url}: ${answer.error}` };
    return answer.status < 400 ? { ok: true } : { ok: false, problem: `${url}: HTTP ${answer.status}` };
  }
}
