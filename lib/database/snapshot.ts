import { existsSync } from "node:fs";
import type { Settings } from "../config/settings.ts";
import { LocalError } from "../errors/local_error.ts";
import type { Processes } from "../platform/processes/processes.ts";
import { poll } from "../platform/runtime/poll.ts";
import { signalGroup } from "../platform/spawn/signal_group.ts";
import type { System } from "../platform/system.ts";
import { copyDatabase, copyName, removeCopy } from "./copy_files.ts";

/** A copy of a database at one moment, private to the caller, who removes it. */
export interface Snapshot {
  path: string;
  database: string;
}

/** The Temporal that serves from the database, identified as this instance's. */
export interface LiveTemporal {
  pgid: number;
  settings: Pick<Settings, "extraArgs" | "sqlitePragmas">;
  /** Checked before each signal. */
  isStillOurs: () => boolean;
}

/**
 * How long to wait for a process group to stop after SIGSTOP, in ms; only a thread in an uninterruptible wait takes
 * longer.
 */
const STOP_DEADLINE_MS = 1000;
/** Maximum pause of Temporal for a copy, in ms; clients and health checks would notice a longer one. */
const MAX_PAUSE_MS = 2000;
/** How long to wait for a moment without a write, if the journal mode cannot roll one back, in ms. */
const IDLE_DEADLINE_MS = 10_000;
const IDLE_POLL_MS = 15;

/**
 * Copies the database at one moment, to a file beside it. Only for the holder of `supervisor.lock`. If Temporal is
 * running, its process group is stopped (SIGSTOP) for the milliseconds of the copy, so that nothing is written
 * meanwhile. The copy is what a `kill -9` would leave, from which SQLite recovers the database in any journal mode.
 *
 * A read lock, as `sqlite3 .backup` takes it, would break Temporal: its SQLite waits for no lock, a COMMIT fails with
 * SQLITE_BUSY while there is a reader, and Temporal's single connection stays in that transaction for good ("cannot
 * start a transaction within a transaction"), while its health check reports SERVING.
 *
 * @throws {LocalError} `backup-failed`, `no-database`
 * @throws the system's error if the copy can't be created (`ENOSPC` …)
 * @throws the reason of `signal`; the partial copy is removed. A pause that has begun is completed.
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
  const { sqlitePragmas, extraArgs } = temporal.settings;
  const mayTear = /journal_mode=(memory|off)\b/i.test([...sqlitePragmas, ...extraArgs].join("\n"));
  const copied = async () => await copyStopped(database, path, temporal, system, mayTear) || null;
  const waiting = { everyMs: IDLE_POLL_MS, timeoutMs: IDLE_DEADLINE_MS, signal, clock: system };
  if (await poll(copied, waiting) !== null) return { path, database };
  throw failed(database, "Temporal writes continuously, and its journal mode cannot roll back an unfinished write");
}

/** False if a write is in progress that the copy could not roll back. */
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
    // If a signal (SIGTERM, SIGCONT) resumed or ended Temporal meanwhile, the copy is inconsistent.
    if (isStillOurs() && processes.isGroupStopped(pgid)) return true;
    removeCopy(path);
    throw disturbed(database);
  } finally {
    if (isStillOurs()) signalGroup(pgid, "SIGCONT", system);
  }
}

async function untilStopped(pgid: number, database: string, system: System): Promise<void> {
  const isStopped = () => system.processes.isGroupStopped(pgid) || null;
  if (await poll(isStopped, { everyMs: 1, timeoutMs: STOP_DEADLINE_MS, clock: system }) !== null) return;
  throw failed(database, `Temporal (pid ${pgid}) does not stop on SIGSTOP`);
}

function isWriting(pgid: number, database: string, processes: Processes): boolean {
  const isLocked = processes.hasWriteLock(processes.liveGroupMembers(pgid).map(({ pid }) => pid), database);
  if (isLocked === null) {
    throw failed(database, "cannot determine whether a write is in progress, which this journal mode requires");
  }
  return isLocked;
}

async function copyInTime(database: string, path: string): Promise<void> {
  const late = failed(
    database,
    `the copy takes longer than the ${MAX_PAUSE_MS / 1000} s for which Temporal may be paused`,
  );
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(late), MAX_PAUSE_MS);
  await copyDatabase(database, path, limit.signal).finally(() => clearTimeout(timer));
}

function noDatabase(database: string): LocalError {
  return new LocalError("no-database", `Database not found: ${database}`, {
    hint: "`stigmer-local start` creates it; --home or --db-filename selects another",
    facts: { database },
  });
}

function disturbed(database: string): LocalError {
  return failed(database, "Temporal was stopped or crashed during the copy", "Try again");
}

function failed(database: string, why: string, hint = "Run `stigmer-local stop`, then try again"): LocalError {
  return new LocalError("backup-failed", `Cannot copy ${database} while Temporal is running: ${why}`, {
    hint,
    facts: { database },
  });
}
