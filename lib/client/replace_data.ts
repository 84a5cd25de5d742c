import { dirname } from "node:path";
import type { CommandContext } from "../cli/context.ts";
import { requestedByFlags } from "../cli/invocation.ts";
import { type ExclusiveAccess, takeExclusiveAccess } from "../database/exclusive_access.ts";
import { realDatabasePath } from "../database/path.ts";
import { toFailure } from "../errors/failure.ts";
import { LocalError } from "../errors/local_error.ts";
import { instancePaths } from "../instance/paths.ts";
import { readPidFile } from "../instance/pid_file.ts";
import type { PidRecord } from "../instance/pid_record.ts";
import type { Status } from "../instance/status/status.ts";
import type { Processes } from "../platform/processes/processes.ts";
import { processesHere } from "../platform/processes/processes_here.ts";
import { delay } from "../platform/runtime/delay.ts";
import { currentStatus } from "./current_status.ts";
import { startNew } from "./start_supervised.ts";
import { DEFAULT_GRACE_S, stopInstance } from "./stop.ts";

const START_TIMEOUT_MS = 120_000;
/** Others may start the instance again and again while it is to be stopped; for this long, in ms, stop wins. */
const CONTEST_MS = 120_000;

/** How a command that moves data away or into place left the instance. */
export interface Replaced<T> {
  result: T;
  /** The instance, where it ran before and runs again. */
  running: Status | null;
  /** It ran in somebody's foreground, who has to start it again. */
  wasForeground: boolean;
}

/** The real path of the instance's database, or the path that it would have; null = in memory. */
export function databaseOf({ host, invocation }: CommandContext, status: Status): string | null {
  const { database } = status.paths;
  const { requested } = isUp(status) ? requestedByFlags(invocation) : invocation;
  const wanted = requested.dbFilename ?? database;
  const real = wanted === null || !host.exists(dirname(wanted)) ? wanted : realDatabasePath(wanted);
  if (status.temporal !== null && real !== database) {
    throw new LocalError(
      "settings-differ",
      `Temporal runs on ${database ?? "no database, in memory"}, not on ${real}`,
      {
        hint: "Leave --db-filename out, or stop Temporal first",
        facts: { running: database, asked: real },
      },
    );
  }
  return real;
}

/** Whether the instance is up, or about to be: then it is brought up again afterwards. */
export function isUp({ state }: Status): boolean {
  return ["starting", "running", "unhealthy", "backoff", "unsupervised"].includes(state);
}

/** What is done to the data of an instance while nobody can start it. */
export interface Replacement<T extends Record<string, unknown>> {
  /** Nothing is changed any more once it aborts. */
  signal: AbortSignal;
  act: () => T;
  /** What was done, in sentences that an error of the start can follow. */
  describe: (result: T) => string;
}

/**
 * Stops the instance, lets `act` move its data while nobody can start it, and brings it up again, with the settings that
 * it had, if it was up; also when `act` fails, or `signal` aborts before it, which leaves the data as it was.
 *
 * @throws {LocalError} `database-busy` before anything is moved; what a `start` throws, with what `act` gave as facts
 * @throws what `act` throws, the reason of `signal`
 */
export async function replaceData<T extends Record<string, unknown>>(
  context: CommandContext,
  before: Status,
  database: string | null,
  { signal, act, describe }: Replacement<T>,
): Promise<Replaced<T>> {
  const { host, invocation: { home } } = context;
  const processes = processesHere(host.platform);
  const onDisk = readPidFile(instancePaths(home).record);
  const record = isUp(before) && onDisk.kind === "record" ? onDisk.record : null;
  const wasForeground = before.supervisor !== null &&
    processes.argv(before.supervisor.pid)?.includes("--foreground") === true;
  const startAgain = async () => isUp(before) && !wasForeground ? await startAs(context, record) : null;

  await delay(0); // what came while the data was looked at is only heard now
  const held = await stopAndHold(context, database, processes, signal);
  let result: T;
  try {
    if (database !== null) signal.throwIfAborted(); // what was in memory is gone already
    result = act();
  } catch (error) {
    held.close();
    // Data that has no place any more is named by the error: a start would make new data in it.
    const isMisplaced = error instanceof LocalError && error.facts["setAsideTo"] !== undefined;
    if (!isMisplaced) {
      await startAgain().catch((second: unknown) =>
        context.tell(`warning: Temporal does not run again: ${toFailure(second).message}`)
      );
    }
    throw error;
  }
  held.close();
  try {
    return { result, running: await startAgain(), wasForeground };
  } catch (error) {
    if (!(error instanceof LocalError)) throw error;
    const { code, message, hint, facts, exitCode } = error;
    throw new LocalError(code, `${describe(result)}Temporal does not run again: ${message}`, {
      ...(hint === undefined ? {} : { hint }),
      facts: { ...facts, ...result },
      exitCode,
      cause: error,
    });
  }
}

async function stopAndHold(
  context: CommandContext,
  database: string | null,
  processes: Processes,
  signal: AbortSignal,
): Promise<ExclusiveAccess> {
  for (const giveUpAt = performance.now() + CONTEST_MS; performance.now() < giveUpAt;) {
    signal.throwIfAborted();
    await stopInstance(context, DEFAULT_GRACE_S * 1000);
    const held = await takeExclusiveAccess(context.invocation.home, database, processes);
    if (held?.temporal === null) return held;
    held?.close(); // somebody started it in between
  }
  throw new LocalError("stop-failed", "Somebody starts this instance again and again", {
    hint: "Find out who calls `stigmer-local start` all the time, and end that first",
  });
}

/**
 * Starts with the settings and the policy of `record`, and what the flags say on top of them: it comes up as it was, not as
 * the environment or `config.yaml` would have a new one. Without a record it is a new one.
 */
async function startAs(context: CommandContext, record: PidRecord | null): Promise<Status> {
  const { host, invocation } = context;
  const said = record === null ? invocation : requestedByFlags(invocation);
  const recorded = record?.binary !== undefined && host.exists(record.binary) ? record.binary : null;
  const temporalBin = said.temporalBin ?? recorded ?? invocation.temporalBin;
  const requested = { ...record?.settings, ...said.requested };
  const policy = { ...record?.policy, ...said.policy };
  const again = {
    ...context,
    invocation: { ...invocation, requested, policy, temporalBin, requestedBinary: temporalBin },
  };
  try {
    return await startNew(again, START_TIMEOUT_MS, false);
  } catch (error) {
    // Somebody was quicker, and started it otherwise: it is up, on the data that it was to have.
    if (error instanceof LocalError && error.code === "settings-differ") return await currentStatus(context);
    throw error;
  }
}

/** What became of the instance, for a person. */
export function tellRunning({ running, wasForeground }: Replaced<unknown>): string {
  if (wasForeground) return "Temporal ran in the foreground elsewhere: start it again there\n";
  if (running !== null) return `Temporal runs again (pid ${running.temporal?.pid}) at ${running.address}\n`;
  return "Temporal does not run: `stigmer-local start` starts it\n";
}
