import { existsSync } from "node:fs";
import type { Settings } from "../config/settings.ts";
import { LocalError } from "../errors/local_error.ts";
import type { Processes } from "../platform/processes/processes.ts";
import type { System } from "../platform/system.ts";
import { signalGroup } from "../platform/spawn/signal_group.ts";
import { copyDatabase, copyName, removeCopy } from "./copy.ts";

/** A copy of a database as it was at one moment; private to who asked for it, and theirs to remove. */
export interface Snapshot {
  path: string;
  database: string;
}

/** The Temporal that serves from the database, proved to be ours. */
export interface LiveTemporal {
  pgid: number;
  settings: Pick<Settings, "extraArgs">;
  /** Asked before each signal. */
  isStillOurs: () => boolean;
}

/** A group that is told to stop does so within this time, unless the kernel keeps a thread of it, in ms. */
const STOP_DEADLINE_MS = 1000;
/** Longer than this Temporal must not stand still for a copy: clients and health checks would notice, in ms. */
const LONGEST_STANDSTILL_MS = 2000;
/** How long a moment without a write is waited for, where the journal can't undo a half-done one, in ms. */
const QUIET_DEADLINE_MS = 10_000;
const QUIET_POLL_MS = 15;

/**
 * Copies the database as it is at one moment, beside it. Only for the holder of `supervisor.lock`. While Temporal serves
 * from it, Temporal's process group is stopped for the milliseconds that the copy takes, so that nothing is written
 * meanwhile; the copy is what a `kill -9` would leave, of which SQLite makes a whole database whatever the journal mode.
 *
 * A reader's lock, as `sqlite3 .backup` takes it, would do harm: the SQLite in Temporal waits for no lock, a COMMIT that
 * meets a reader fails with SQLITE_BUSY, and Temporal's one connection stays within that transaction for good ("cannot
 * start a transaction within a transaction"), while its health check says SERVING.
 *
 * @throws {LocalError} `backup-failed`, `no-database`
 * @throws the system's error when the copy can't be made (`ENOSPC` …)
 * @throws the reason of `signal`; then nothing of the copy is left. A standstill that has begun is not cut short.
 */
export async function takeSnapshot(
  database: string,
  temporal: LiveTemporal | null,
  system: System,
  signal?: AbortSignal,
): Promise<Snapshot> {
  if (!existsSync(database)) throw noDatabase(database);
  const path = copyName(database);
  if (temporal === null) {
    await copyDatabase(database, path, signal);
    return { path, database };
  }
  const mayTear = /journal_mode=(memory|off)\b/i.test(temporal.settings.extraArgs.join("\n"));
  for (const giveUpAt = system.nowMs() + QUIET_DEADLINE_MS; system.nowMs() < giveUpAt;) {
    if (await copyStopped(database, path, temporal, system, mayTear)) return { path, database };
    await system.delay(QUIET_POLL_MS, signal);
  }
  throw failed(database, "Temporal writes without a pause, to a journal that can't undo half a write");
}

/** False when a write is under way that the copy could not undo. */
async function copyStopped(
  database: string,
  path: string,
  { pgid, isStillOurs }: LiveTemporal,
  system: System,
  mayTear: boolean,
): Promise<boolean> {
  const { processes } = system;
  if (!isStillOurs() || signalGroup(pgid, "SIGSTOP", system) === "gone") throw disturbed(database);
  try {
    await untilStopped(pgid, database, system);
    if (mayTear && isWriting(pgid, database, processes)) return false;
    await copyInTime(database, path);
    // Stopped Temporal may be, SIGTERM and SIGCONT end that: then the copy has halves of before and after.
    if (isStillOurs() && processes.isGroupStopped(pgid)) return true;
    removeCopy(path);
    throw disturbed(database);
  } finally {
    if (isStillOurs()) signalGroup(pgid, "SIGCONT", system);
  }
}

async function untilStopped(pgid: number, database: string, { processes, nowMs, delay }: System): Promise<void> {
  for (const giveUpAt = nowMs() + STOP_DEADLINE_MS; !processes.isGroupStopped(pgid);) {
    if (nowMs() > giveUpAt) throw failed(database, `Temporal (pid ${pgid}) can't be made to stand still`);
    await delay(1);
  }
}

function isWriting(pgid: number, database: string, processes: Processes): boolean {
  const isLocked = processes.hasWriteLock(processes.liveGroupMembers(pgid).map(({ pid }) => pid), database);
  if (isLocked === null) throw failed(database, "with this journal mode it can't be told whether a write is under way");
  return isLocked;
}

async function copyInTime(database: string, path: string): Promise<void> {
  const late = failed(
    database,
    `its copy takes longer than the ${LONGEST_STANDSTILL_MS / 1000} s that Temporal may stand still`,
  );
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(late), LONGEST_STANDSTILL_MS);
  await copyDatabase(database, path, limit.signal).finally(() => clearTimeout(timer));
}

function noDatabase(database: string): LocalError {
  return new LocalError("no-database", `There is no database at ${database}`, {
    hint: "`stigmer-local start` makes one; --home or --db-filename names another",
    facts: { database },
  });
}

function disturbed(database: string): LocalError {
  return failed(database, "Temporal was stopped, or crashed, in the middle of it", "Try again");
}

function failed(database: string, why: string, hint = "`stigmer-local stop`, then try again"): LocalError {
  return new LocalError("backup-failed", `Cannot copy ${database} while Temporal runs: ${why}`, {
    hint,
    facts: { database },
  });
}
