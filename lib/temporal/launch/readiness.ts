import { expectedNamespaces, type Settings } from "../../config/settings.ts";
import { LocalError } from "../../errors/local_error.ts";
import type { Probe, ProbeResult, Readiness } from "../../instance/status/probe.ts";
import { poll } from "../../platform/runtime/poll.ts";
import type { System } from "../../platform/system.ts";
import { refuseWhileTaken } from "./check_ports.ts";

/** Polling interval while Temporal starts, in ms. */
const POLL_MS = 5;
/** Timeout of one probe, in ms. */
const PROBE_TIMEOUT_MS = 1000;

/**
 * Waits until the Temporal in group `pgid` is ready: its frontend reports SERVING, a member of the group is the
 * listener, each namespace of the settings can be described, and the UI responds. An open port proves none of this.
 *
 * @throws {LocalError} `port-taken` if a foreign process is the listener, `timeout` after `deadlineMs` with what is
 * missing
 * @throws the reason of `signal` when it aborts
 */
export async function waitUntilReady(
  pgid: number,
  settings: Settings,
  probe: Probe,
  system: System,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<Readiness> {
  const { processes, nowMs } = system;
  const giveUpAt = nowMs() + deadlineMs;
  const until = async (check: string, ask: () => Promise<ProbeResult>): Promise<number> => {
    let problem = "";
    const tookMs = await poll(async () => {
      const askedAt = nowMs();
      const result = await ask();
      signal.throwIfAborted();
      if (result.ok) return nowMs() - askedAt;
      problem = result.problem;
      return null;
    }, { everyMs: POLL_MS, timeoutMs: giveUpAt - nowMs(), signal, clock: system });
    if (tookMs !== null) return tookMs;
    const waited = `Timed out after ${Math.round(deadlineMs / 1000)} s waiting for Temporal to become ready`;
    throw new LocalError("timeout", `${waited}: ${check}: ${problem}`, {
      hint: "`stigmer-local logs` shows Temporal's log",
      facts: { check, problem },
    });
  };
  const grpcMs = await until("health", () => probe.serving(PROBE_TIMEOUT_MS));
  // Checked only now: reading the kernel's socket table takes some ms, and is pointless before SERVING.
  // A killed Temporal loses its port before its end is seen, which aborts the signal.
  const findForeign = () => {
    const isOwn = processes.groupListensOn(pgid, settings.port);
    return Promise.resolve(isOwn ? undefined : { port: settings.port, flag: "--port" });
  };
  await refuseWhileTaken(findForeign, system, signal);
  const namespaces = async () => {
    for (const name of expectedNamespaces(settings)) {
      await until(`namespace ${name}`, () => probe.namespace(name, PROBE_TIMEOUT_MS));
    }
  };
  const [uiMs] = await Promise.all([until("Web UI", () => probe.ui(PROBE_TIMEOUT_MS)), namespaces()]);
  return { atMs: nowMs(), grpcMs, uiMs };
}
