import { accessSync, constants, mkdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandContext, timeoutMsOf } from "../cli/context.ts";
import { createLaunchRequest } from "../client/launch_request.ts";
import type { ProcessSettings } from "../config/processes.ts";
import type { RequestedSettings } from "../config/settings.ts";
import { hasLostPort, LocalError, systemErrorCode } from "../errors/local_error.ts";
import { orNull } from "../errors/system_error.ts";
import type { LaunchRequest } from "../instance/context.ts";
import { absolutePath, EPHEMERAL_PREFIX } from "../instance/paths.ts";
import { freePort } from "../platform/net/probe_port.ts";
import { processesHere } from "../platform/processes/processes_here.ts";
import { keptLogsPath } from "../supervisor/ephemeral_home.ts";

/** Attempts to start: another process may take a free port before Temporal binds it. */
const MAX_TRIES = 8;

/**
 * Starts an ephemeral instance: a home in the temporary directory, free ports, data in memory. If another process takes
 * a port before Temporal binds it, retries with other ports in another home, unless a flag names the port.
 *
 * @param logsDir Where to keep its logs, which exists; null = delete them with the home.
 * @param bringUp Called with the launch request of each attempt. If it throws, the home is removed if possible.
 * @returns what `bringUp` returned, and the home
 * @throws the error of the last `bringUp`
 * @throws {LocalError} `binary-not-found`, `install-failed`, `home-unusable`
 */
export async function bringUpEphemeral<Result>(
  context: CommandContext,
  logsDir: string | null,
  bringUp: (launchRequest: LaunchRequest, timeoutMs: number) => Promise<Result>,
): Promise<Result & { home: string }> {
  const { host } = context;
  const processes = await processesBeside(context);
  const common = { ...await createLaunchRequest(context, true, true), processes };
  const self = processesHere(host.platform).inspect(host.pid);
  if (self === null) throw new LocalError("internal", "This process was not found in the process table");
  const timeoutMs = timeoutMsOf(context);
  for (let tries = 1;; tries++) {
    const home = temporaryHome();
    const requested = await ephemeralSettings(context, common.requested);
    const ephemeralFor = {
      pid: host.pid,
      startTime: self.startTime,
      ...(logsDir === null ? {} : { logsDir }),
    };
    try {
      return { ...await bringUp({ ...common, home, requested, ephemeralFor }, timeoutMs), home };
    } catch (error) {
      discard(home);
      const isFinal = tries === MAX_TRIES || !hasLostPort(error) || isNamed(error, context);
      if (logsDir !== null && isFinal) await tellKept(context, logsDir, home);
      if (isFinal) throw withoutLog(error);
      if (logsDir !== null) discard(keptLogsPath(logsDir, home));
    }
  }
}

/**
 * The processes of the project that `--with` names, with what they depend on.
 *
 * @throws {LocalError} `usage` for an unknown name
 */
async function processesBeside({ invocation }: CommandContext): Promise<readonly ProcessSettings[]> {
  const { commandOptions, processes = [] } = invocation;
  const wanted = commandOptions["with"];
  if (typeof wanted !== "string") return [];
  if (wanted === "all") return processes;
  const [{ requireDeclared }, { withDependencies }] = await Promise.all([
    import("../client/process_names.ts"),
    import("../stack/order.ts"),
  ]);
  const names = wanted.split(",").map((name) => name.trim()).filter((name) => name !== "");
  requireDeclared(names, invocation);
  const chosen = withDependencies(names, processes);
  return processes.filter(({ name }) => chosen.includes(name));
}

/** Path of a new home: a real path, by which other processes find it wherever they run, even after it is deleted. */
function temporaryHome(): string {
  const folder = tmpdir();
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return join(realpathSync(folder), `${EPHEMERAL_PREFIX}${crypto.randomUUID().slice(0, 8)}`);
  } catch (error) {
    const code = systemErrorCode(error);
    throw new LocalError("home-unusable", `Cannot write to the temporary directory ${folder} (${code})`, {
      hint: "Set TMPDIR to a writable directory",
      facts: { folder, systemError: code },
      cause: error,
    });
  }
}

/**
 * The absolute path of a directory to keep logs in, created if missing.
 *
 * @param option Names it in errors.
 * @throws {LocalError} `usage` if it cannot be written
 */
export function makeLogsDir({ host }: CommandContext, path: string, option: string): string {
  const logsDir = absolutePath(path, host.cwd());
  try {
    mkdirSync(logsDir, { recursive: true });
    accessSync(logsDir, constants.W_OK | constants.X_OK);
    return logsDir;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    const why = code === "EEXIST" || code === "ENOTDIR" ? "it is not a directory" : code;
    throw new LocalError("usage", `${option}: cannot keep logs in ${logsDir}: ${why}`, {
      hint: "Choose a writable directory",
      facts: { path: logsDir, systemError: code },
      cause: error,
    });
  }
}

/** Says where the logs of the instance at `home` are, or that they could not be kept. */
export async function tellKept(context: CommandContext, logsDir: string, home: string): Promise<void> {
  const kept = keptLogsPath(logsDir, home);
  await context.tell(
    context.host.exists(kept) ? `Logs kept in ${kept}` : `warning: Could not keep the logs in ${logsDir}`,
  );
}

/** Ignores errors, because the one that caused the removal matters more; what remains is in the temporary directory. */
export function discard(path: string): void {
  orNull(() => rmSync(path, { recursive: true, force: true }));
}

/**
 * In memory, on free ports, without a UI, unless flags say otherwise. Ports from the environment or `config.yaml`
 * belong to the regular instance and are ignored; their other settings apply.
 */
async function ephemeralSettings(
  { invocation: { options } }: CommandContext,
  requested: RequestedSettings,
): Promise<RequestedSettings> {
  const isWritten = (flag: string) => options.get(flag)?.source.kind === "flag";
  const portFor = async (flag: string, port: number | "auto" | undefined) =>
    isWritten(flag) && typeof port === "number" ? port : await freePort();
  return {
    ...requested,
    dbFilename: null,
    headless: isWritten("headless") ? requested.headless === true : !isWritten("ui-port"),
    port: await portFor("port", requested.port),
    uiPort: await portFor("ui-port", requested.uiPort),
    metricsPort: isWritten("metrics-port") ? requested.metricsPort ?? null : null,
    httpPort: isWritten("http-port") ? requested.httpPort ?? null : null,
  };
}

/** Whether a flag names the port that another process took. */
function isNamed(error: unknown, { invocation: { options } }: CommandContext): boolean {
  const port = error instanceof LocalError ? error.facts["port"] : undefined;
  return ["port", "ui-port", "metrics-port", "http-port"].map((flag) => options.get(flag))
    .some((each) => each?.source.kind === "flag" && each.value === port);
}

/**
 * An error of unknown cause without its hint, which refers to a log that is deleted with the home; the facts contain
 * the end of it.
 */
function withoutLog(error: unknown): unknown {
  if (!(error instanceof LocalError) || error.facts["cause"] !== "unknown") return error;
  const { code, message, facts, cause } = error;
  return new LocalError(code, message, { facts, cause });
}
