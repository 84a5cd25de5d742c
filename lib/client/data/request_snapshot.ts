import { readFailure } from "../../control/client.ts";
import { askLong, type LongAnswer } from "../../control/request.ts";
import { takeExclusiveAccess } from "../../database/exclusive_access.ts";
import { type Snapshot, takeSnapshot } from "../../database/snapshot.ts";
import { fromFailure } from "../../errors/failure.ts";
import { LocalError } from "../../errors/local_error.ts";
import { isDead } from "../../platform/processes/processes.ts";
import { processesHere } from "../../platform/processes/processes_here.ts";
import { unlessAborted } from "../../platform/runtime/delay.ts";
import type { Host } from "../../platform/runtime/host.ts";
import { poll } from "../../platform/runtime/poll.ts";
import { systemHere } from "../../platform/system_here.ts";

/** How long to wait for a launch in progress, in ms. */
const TIMEOUT_MS = 120_000;
const POLL_MS = 25;
/** After an abort, how long to wait for a snapshot in progress, so that its file can be removed, in ms. */
const LAST_MOMENT_MS = 250;

/**
 * A copy of the instance's database at one moment: made by the supervisor, which alone may pause Temporal, or by this
 * process if there is no supervisor. The copy may still be returned after `signal` aborts; the caller removes it.
 *
 * @param database Real path of the database to copy if the instance is not running.
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
  const lastMoment = afterwards(signal, LAST_MOMENT_MS);
  const giveUpAt = performance.now() + TIMEOUT_MS;
  const tryOnce = async () => {
    const asked = askLong(host, home, request, Math.max(1, giveUpAt - performance.now()));
    const answer = await unlessAborted(asked, lastMoment);
    return answer.kind === "absent" ? await snapshotUnsupervised(host, home, database, signal) : readAnswer(answer);
  };
  const snapshot = await poll(tryOnce, { everyMs: POLL_MS, timeoutMs: TIMEOUT_MS, signal });
  if (snapshot !== null) return snapshot;
  throw new LocalError("timeout", `Timed out after ${TIMEOUT_MS / 1000} s waiting for the instance to start or stop`, {
    hint: "`stigmer-local status` shows details",
  });
}

/** A signal that aborts `ms` after `signal`. */
function afterwards(signal: AbortSignal, ms: number): AbortSignal {
  const later = new AbortController();
  signal.addEventListener("abort", () => setTimeout(() => later.abort(signal.reason), ms), { once: true });
  return later.signal;
}

/** The snapshot in an answer. */
function readAnswer(answer: Exclude<LongAnswer, { kind: "absent" }>): Snapshot {
  if (answer.kind !== "answer") {
    throw new LocalError("supervisor-unresponsive", "The supervisor does not respond", {
      hint: "`stigmer-local restart` replaces it",
    });
  }
  const { response } = answer;
  if (response.status === 404) {
    throw new LocalError("backup-failed", "The running supervisor is of an older version, which cannot make backups", {
      hint: "Run `stigmer-local stop` and `stigmer-local start`, then try again",
    });
  }
  if (response.status >= 400) throw fromFailure(readFailure(response));
  return (JSON.parse(response.body) as { snapshot: Snapshot }).snapshot;
}

/**
 * Takes the snapshot without a supervisor; null if another process holds the instance's locks, most likely to start it.
 */
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
    const settings = { extraArgs: processes.argv(temporal.pgid) ?? [], sqlitePragmas: [] };
    return await takeSnapshot(database, { pgid: temporal.pgid, settings, isStillOurs }, system, signal);
  } finally {
    held.close();
  }
}
