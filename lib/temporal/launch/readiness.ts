import { expectedNamespaces, type Settings } from "../../config/settings.ts";
import { LocalError } from "../../errors/local_error.ts";
import type { Probe, ProbeResult, Readiness } from "../../instance/status/probe.ts";
import type { Processes } from "../../platform/processes/processes.ts";
import type { System } from "../../platform/system.ts";

/** The pause between two looks while Temporal starts, in ms. */
const POLL_MS = 5;
/** One question may take this long, in ms. */
const QUESTION_MS = 1000;

/**
 * Waits until the Temporal in group `pgid` is ready: its frontend says SERVING, the listener is a member of the group,
 * each namespace that the settings name can be described, and the UI answers. An open port proves none of this.
 *
 * @throws {LocalError} `port-taken` when the listener is a stranger, `timeout` after `deadlineMs` with what is missing
 * @throws the reason of `signal` when it aborts
 */
export async function waitUntilReady(
  pgid: number,
  settings: Settings,
  probe: Probe,
  { processes, nowMs, delay }: System,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<Readiness> {
  const giveUpAt = nowMs() + deadlineMs;
  const until = async (what: string, ask: () => Promise<ProbeResult>): Promise<number> => {
    for (;;) {
      const askedAt = nowMs();
      const result = await ask();
      signal.throwIfAborted();
      if (result.ok) return nowMs() - askedAt;
      if (nowMs() > giveUpAt) {
        throw new LocalError(
          "timeout",
          `Temporal is not ready after ${Math.round(deadlineMs / 1000)} s: ${what}: ${result.problem}`,
          {
            hint: "Look at `stigmer-local logs`",
            facts: { check: what, problem: result.problem },
          },
        );
      }
      await delay(POLL_MS, signal);
    }
  };
  const grpcMs = await until("health", () => probe.serving(QUESTION_MS));
  // Asked only now: reading the kernel's socket table costs some ms, and before SERVING the answer would not matter.
  if (!processes.groupListensOn(pgid, settings.port)) throw foreignListener(settings.port, "--port", processes);
  const namespaces = async () => {
    for (const name of expectedNamespaces(settings)) {
      await until(`namespace ${name}`, () => probe.namespace(name, QUESTION_MS));
    }
  };
  const [uiMs] = await Promise.all([until("Web UI", () => probe.ui(QUESTION_MS)), namespaces()]);
  return { atMs: nowMs(), grpcMs, uiMs };
}

/** The error that names who has `port`, and the flag that gives another. */
export function foreignListener(port: number, flag: string, processes: Processes): LocalError {
  const holder = processes.listeners(port).find((listener) => listener.pid !== null) ?? processes.listeners(port)[0];
  const who = holder?.pid == null
    ? "a process that this user can't see"
    : `pid ${holder.pid} (${holder.command ?? "unknown command"})`;
  const where = holder === undefined ? "" : ` on ${holder.address}`;
  return new LocalError("port-taken", `Port ${port} is taken${where}: ${who} listens on it`, {
    hint: `End that process, or choose another port with ${flag}`,
    facts: { port, address: holder?.address ?? null, pid: holder?.pid ?? null, command: holder?.command ?? null },
  });
}
