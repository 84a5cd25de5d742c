import { readFailure } from "../control/client.ts";
import { askPatiently, isLeaving, type LongAnswer } from "../control/request.ts";
import { takeExclusiveAccess } from "../database/exclusive_access.ts";
import { type Snapshot, takeSnapshot } from "../database/snapshot.ts";
import { fromFailure } from "../errors/failure.ts";
import { LocalError } from "../errors/local_error.ts";
import { isDead } from "../platform/processes/processes.ts";
import { processesHere } from "../platform/processes/processes_here.ts";
import { delay, unlessAborted } from "../platform/runtime/delay.ts";
import type { Host } from "../platform/runtime/host.ts";
import { systemHere } from "../platform/system_here.ts";

/** A launch that is under way is waited for, in ms. */
const TIMEOUT_MS = 120_000;
const POLL_MS = 25;
/** A snapshot that is nearly done when it is given up is waited for so long, so that nobody has to clear it away, in ms. */
const LAST_MOMENT_MS = 250;

/**
 * A copy of the instance's database as it is at one moment: made by the supervisor, which alone may make Temporal stand
 * still, or by ourselves where there is none. When `signal` aborts it may still come: it is the caller's to remove.
 *
 * @param database The database of the instance when it does not run; its real path.
 * @throws {LocalError} `no-database`, `backup-failed`, `database-busy`, `supervisor-unresponsive`, `lock-failed`
 * @throws the reason of `signal`
 */
export async function obtainSnapshot(
  host: Host,
  home: string,
  database: string,
  signal: AbortSignal,
): Promise<Snapshot> {
  const startTime = processesHere(host.platform).inspect(host.pid)?.startTime;
  const request = { method: "POST", path: "/snapshot", body: { asker: { pid: host.pid, startTime } } } as const;
  for (const giveUpAt = performance.now() + TIMEOUT_MS; performance.now() < giveUpAt;) {
    const asked = askPatiently(host, home, request, giveUpAt - performance.now());
    const answer = await unlessAborted(asked, afterwards(signal, LAST_MOMENT_MS));
    const snapshot = answer.kind === "absent"
      ? await snapshotUnsupervised(host, home, database, signal)
      : readAnswer(answer);
    if (snapshot !== null) return snapshot;
    await delay(POLL_MS, signal);
  }
  throw new LocalError("timeout", `The instance does not come to rest within ${TIMEOUT_MS / 1000} s`, {
    hint: "`stigmer-local status` tells more",
  });
}

/** A signal that aborts `ms` after `signal`. */
function afterwards(signal: AbortSignal, ms: number): AbortSignal {
  const later = new AbortController();
  signal.addEventListener("abort", () => setTimeout(() => later.abort(signal.reason), ms), { once: true });
  return later.signal;
}

/** Null when the supervisor is leaving. */
function readAnswer(answer: Exclude<LongAnswer, { kind: "absent" }>): Snapshot | null {
  if (answer.kind !== "answer") {
    throw new LocalError("supervisor-unresponsive", "The supervisor does not answer", {
      hint: "`stigmer-local restart` replaces it",
    });
  }
  const { response } = answer;
  if (isLeaving(response)) return null;
  if (response.status === 404) {
    throw new LocalError("backup-failed", "The supervisor that runs is of an older version, which makes no copies", {
      hint: "`stigmer-local stop` and `stigmer-local start`, then try again",
    });
  }
  if (response.status >= 400) throw fromFailure(readFailure(response));
  return (JSON.parse(response.body) as { snapshot: Snapshot }).snapshot;
}

/** Null when somebody else holds the instance: it is just being started, most likely. */
async function snapshotUnsupervised(
  host: Host,
  home: string,
  database: string,
  signal: AbortSignal,
): Promise<Snapshot | null> {
  const system = systemHere(host.platform);
  const { processes } = system;
  const held = await takeExclusiveAccess(home, database, processes);
  if (held === null) return null;
  try {
    const { temporal } = held;
    if (temporal === null) return await takeSnapshot(database, null, system, signal);
    const startTime = temporal.leader?.startTime ?? null;
    const isStillOurs = () => {
      const leader = processes.inspect(temporal.pgid);
      return leader === null || isDead(leader) || leader.startTime === startTime;
    };
    return await takeSnapshot(
      database,
      {
        pgid: temporal.pgid,
        settings: { extraArgs: processes.argv(temporal.pgid) ?? [] },
        isStillOurs,
      },
      system,
      signal,
    );
  } finally {
    held.close();
  }
}
