import { dirname } from "node:path";
import type { CommandContext } from "../../cli/context.ts";
import { requestedByFlags } from "../../cli/invocation.ts";
import { type ExclusiveAccess, takeExclusiveAccess } from "../../database/exclusive_access.ts";
import { realDatabasePath } from "../../database/path.ts";
import { LocalError, messageOf } from "../../errors/local_error.ts";
import { instancePaths } from "../../instance/paths.ts";
import { readPidFile } from "../../instance/pid_file.ts";
import type { PidRecord } from "../../instance/pid_file_format.ts";
import type { Status } from "../../instance/status/status.ts";
import type { Processes } from "../../platform/processes/processes.ts";
import { processesHere } from "../../platform/processes/processes_here.ts";
import { delay } from "../../platform/runtime/delay.ts";
import { currentStatus } from "../current_status.ts";
import { startSupervised } from "../ensure_supervisor.ts";
import { stopInstance } from "../stop.ts";

const START_TIMEOUT_MS = 120_000;
/** How long to keep stopping an instance that other processes keep starting, in ms. */
const CONTEST_MS = 120_000;

/** The outcome of {@linkcode replaceData}. */
export interface Replaced<T> {
  result: T;
  /** The instance, if it was running before and is running again. */
  running: Status | null;
  /** It was running in the foreground of another terminal, and must be started there again. */
  wasForeground: boolean;
}

/** The real path of the instance's database, existing or not; null = in memory. */
export function databaseOf({ host, invocation }: CommandContext, status: Status): string | null {
  const { database } = status.paths;
  const { requested } = isUp(status) ? requestedByFlags(invocation) : invocation;
  const wanted = requested.dbFilename ?? database;
  const real = wanted === null || !host.exists(dirname(wanted)) ? wanted : realDatabasePath(wanted);
  if (status.temporal !== null && real !== database) {
    throw new LocalError(
      "settings-differ",
      `Temporal is running with ${database === null ? "its data in memory" : `database ${database}`}, not with ${
        real ?? "its data in memory"
      }`,
      {
        hint: "Omit --db-filename, or stop Temporal first",
        facts: { running: database, asked: real },
      },
    );
  }
  return real;
}

/** Whether the instance is up or starting, and so must be started again afterwards. */
export function isUp({ state }: Status): boolean {
  return ["starting", "running", "unhealthy", "backoff", "unsupervised"].includes(state);
}

/** A change of an instance's data, made while the instance cannot be started. */
export interface Replacement<T extends Record<string, unknown>> {
  /** Aborts before anything is changed. */
  signal: AbortSignal;
  act: () => T;
  /** Describes the change, in sentences that precede the error of a failed start. */
  describe: (result: T) => string;
}

/**
 * Stops the instance, runs `act` while the instance cannot be started, and starts it again with its previous settings
 * if it was up. Does so too if `act` fails, or if `signal` aborts before it, which leaves the data unchanged.
 *
 * @throws {LocalError} `database-busy` before anything is moved; the errors of `start`, with the result of `act` as
 * facts
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
  const record = isUp(before) ? readPidFile(instancePaths(home)).record : null;
  const wasForeground = before.supervisor !== null &&
    processes.argv(before.supervisor.pid)?.includes("--foreground") === true;
  const startAgain = async () => isUp(before) && !wasForeground ? await startAs(context, record) : null;

  await delay(0); // delivers signals that arrived during the checks above, which do not yield
  const held = await stopAndHold(context, database, processes, signal);
  let result: T;
  try {
    if (database !== null) signal.throwIfAborted(); // data in memory is lost already
    result = act();
  } catch (error) {
    held.close();
    // The error names the path of the data that could not be put back: a start would create a new database in its
    // place.
    const isMisplaced = error instanceof LocalError && error.facts["setAsideTo"] !== undefined;
    if (!isMisplaced) {
      await startAgain().catch((second: unknown) =>
        context.tell(`warning: Could not start Temporal again: ${messageOf(second)}`)
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
    throw new LocalError(code, `${describe(result)}Could not start Temporal again: ${message}`, {
      hint,
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
    await stopInstance(context);
    const held = await takeExclusiveAccess(context.invocation.home, database, processes);
    if (held?.temporal === null) return held;
    held?.close(); // another process started it in between
  }
  throw new LocalError("stop-failed", "Could not keep the instance stopped: another process keeps restarting it", {
    hint: "Find the process that keeps calling `stigmer-local start`, and stop it first",
  });
}

/**
 * Starts with the settings and policy of `record`, overridden by the flags, so that the instance comes up as before;
 * the environment and `config.yaml` apply only if there is no record.
 */
async function startAs(context: CommandContext, record: PidRecord | null): Promise<Status> {
  const { host, invocation } = context;
  const overrides = record === null ? invocation : requestedByFlags(invocation);
  const recorded = record?.binary !== undefined && host.exists(record.binary) ? record.binary : null;
  const temporalBin = overrides.temporalBin ?? recorded ?? invocation.temporalBin;
  const requested = { ...record?.settings, ...overrides.requested };
  const policy = { ...record?.policy, ...overrides.policy };
  const again = {
    ...context,
    invocation: { ...invocation, requested, policy, temporalBin },
  };
  try {
    return await startSupervised(again, START_TIMEOUT_MS, false);
  } catch (error) {
    // Another process has started it with other settings: it is up, on the new data.
    if (error instanceof LocalError && error.code === "settings-differ") return await currentStatus(context);
    throw error;
  }
}

/** The state of the instance afterwards, as a line for people. */
export function tellRunning({ running, wasForeground }: Replaced<unknown>): string {
  if (wasForeground) return "Temporal was running in the foreground of another terminal: start it there again\n";
  if (running !== null) return `Temporal is running again (pid ${running.temporal?.pid}) at ${running.address}\n`;
  return "Temporal is not running: `stigmer-local start` starts it\n";
}
