import { type CommandContext, commandContext } from "../cli/context.ts";
import type { Invocation } from "../cli/invocation.ts";
import { readInvocation } from "../cli/read_invocation.ts";
import { variablesSet } from "../environment/client_environment.ts";
import { instanceEnvironment } from "../environment/instance_environment.ts";
import { withOuterHome } from "../environment/tool_environment.ts";
import type { SpawnedEphemeral } from "../ephemeral/spawn.ts";
import { LocalError } from "../errors/local_error.ts";
import { instancePaths } from "../instance/paths.ts";
import type { Status } from "../instance/status/status.ts";
import { currentHost } from "../platform/runtime/current_host.ts";
import type { Host } from "../platform/runtime/host.ts";
import { commandLineOf, type StartOptions } from "./start_options.ts";

/** A Temporal dev server that is ready. */
export interface TemporalServer {
  /** `host:port` of the gRPC frontend. */
  readonly address: string;
  readonly namespace: string;
  /** Null when headless. */
  readonly uiUrl: string | null;
  /** The directory with its log and PID file; an ephemeral server removes it at its end. */
  readonly home: string;
  /** It was already running when {@linkcode startTemporal} was called. */
  readonly reused: boolean;
  /** Variables that connect a client in another process: `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE` … */
  readonly env: Readonly<Record<string, string>>;
  /** What `stigmer-local status --json` prints. Checks every layer now, and changes nothing. */
  status(): Promise<Status>;
  /**
   * Stops it, even if other processes use it. Resolves once its processes, ports and locks are gone. Concurrent calls
   * return the same promise.
   *
   * @param options.graceMs Grace period between SIGTERM and SIGKILL. @default {12_000}, and 0 for an ephemeral one
   * @throws {LocalError} `stop-failed`
   */
  stop(options?: { graceMs?: number }): Promise<void>;
  /**
   * Stops an ephemeral server. Leaves any other running for the next user, unless {@linkcode StartOptions.stopAfter} is
   * set.
   */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts Temporal, or reuses a running one, and resolves when it is ready. Does what `stigmer-local start` does, within
 * this process: prints nothing, installs no signal handler, and does not keep the process alive.
 *
 * @throws {LocalError} with the `code` of what went wrong: `usage`, `port-taken`, `settings-differ`, `launch-failed`,
 * `binary-not-found`, `timeout` …
 */
export async function startTemporal(options: StartOptions = {}): Promise<TemporalServer> {
  const host = guestHost(await currentHost());
  const context = await contextOf(host, options);
  return await withTypedCommands(context, () => serverOf(context, options));
}

async function serverOf(context: CommandContext, options: StartOptions): Promise<TemporalServer> {
  if (options.ephemeral === true) return await ephemeralServer(context, options.logsDir);
  const { bringUp } = await import("../client/bring_up.ts");
  const status = await bringUp(context);
  const isOurs = options.stopAfter === true && status.reused !== true;
  return serverOn(context, status, isOurs ? "stopped" : "left");
}

/**
 * A server with a supervisor process, which stops it when this process exits. Unlike that of `run --ephemeral`, it is not
 * supervised in this process, which is the caller's: the event loop may be blocked for long, and a test runner may report
 * timers and sockets left open.
 */
async function ephemeralServer(context: CommandContext, path: string | undefined): Promise<TemporalServer> {
  const [{ bringUpEphemeral, makeLogsDir }, { spawnEphemeral }] = await Promise.all([
    import("../ephemeral/bring_up.ts"),
    import("../ephemeral/spawn.ts"),
  ]);
  const logsDir = path === undefined ? null : makeLogsDir(context, path, "logsDir");
  const { home, status, exited } = await bringUpEphemeral(
    context,
    logsDir,
    (launchRequest, timeoutMs) => spawnEphemeral(context.host, launchRequest, timeoutMs),
  );
  return serverOn({ ...context, invocation: { ...context.invocation, home } }, status, { exited, logsDir });
}

/** Runs `work`, and completes the commands in its error. */
async function withTypedCommands<T>({ typed }: CommandContext, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw typed.inError(error);
  }
}

/**
 * The host within the caller's process: without signal handlers, because Ctrl-C belongs to the caller, and with timers
 * that keep the process alive. Under Deno the timers of commands do not, since their signal listeners do.
 */
function guestHost(host: Host): Host {
  return {
    ...host,
    onSignal: () => () => {},
    after: (ms, action) => {
      const timer = setTimeout(action, ms);
      return () => clearTimeout(timer);
    },
  };
}

async function contextOf(host: Host, options: StartOptions): Promise<CommandContext> {
  if (host.platform === "win32") {
    throw new LocalError("unsupported-platform", "Native Windows has no process groups and no flock", {
      hint: "Run this within WSL 2",
    });
  }
  const line = commandLineOf(options);
  const env = options.ephemeral === true ? withOuterHome(host.env) : host.env;
  const read = { ...await readInvocation(host, line, env), quiet: true };
  const invocation = options.processes === undefined ? read : await withProcesses(read, options.processes, host.cwd());
  if (!invocation.managed && options.ephemeral !== true) {
    throw new LocalError("not-ours", "The settings point to an external Temporal, which this tool does not start", {
      hint: "Connect to that one, or set `ephemeral`",
      facts: { home: invocation.home },
    });
  }
  const context = commandContext(host, invocation);
  const tell = (line: string) => {
    options.onMessage?.(context.typed.inText(line));
    return Promise.resolve();
  };
  return { ...context, tell, isGuest: true };
}

/** The invocation of a start with these processes, also beside an ephemeral server. */
async function withProcesses(
  invocation: Invocation,
  options: NonNullable<StartOptions["processes"]>,
  cwd: string,
): Promise<Invocation> {
  const { processesOf } = await import("./process_options.ts");
  const commandOptions = { ...invocation.commandOptions, with: "all" };
  return { ...invocation, processes: processesOf(options, cwd), commandOptions };
}

/** What disposal does: removes an ephemeral server, keeping its logs unless `logsDir` is null; stops the server; or nothing. */
type AtEnd = Pick<SpawnedEphemeral, "exited"> & { logsDir: string | null } | "stopped" | "left";

/** How long to wait until the runtime reports the exit of a child that is already gone, in ms. */
const REAP_MS = 5000;

function serverOn(context: CommandContext, status: Status, atEnd: AtEnd): TemporalServer {
  let stopping: Promise<void> | null = null;
  const stop: TemporalServer["stop"] = ({ graceMs } = {}) =>
    stopping ??= withTypedCommands(context, () => end(context, atEnd, graceMs)).catch((error: unknown) => {
      stopping = null; // allows another attempt
      throw error;
    });
  return {
    address: status.address,
    namespace: status.namespace,
    uiUrl: status.uiUrl,
    home: status.paths.home,
    reused: status.reused === true,
    env: variablesSet(instanceEnvironment(context.host, status)),
    status: async () => {
      const { currentStatus } = await import("../client/current_status.ts");
      return await withTypedCommands(context, () => currentStatus(context));
    },
    stop,
    [Symbol.asyncDispose]: async () => {
      if (atEnd !== "left") await stop();
    },
  };
}

async function end(context: CommandContext, atEnd: AtEnd, graceMs: number | undefined): Promise<void> {
  const { stopInstance } = await import("../client/stop.ts");
  const ephemeral = typeof atEnd === "string" ? null : atEnd;
  await stopInstance(context, graceMs ?? (ephemeral === null ? undefined : 0));
  if (ephemeral === null) return;
  const { host, invocation: { home } } = context;
  // Its supervisor keeps the logs and removes the home, unless it was killed.
  if (ephemeral.logsDir !== null) {
    const { keepLogs } = await import("../supervisor/ephemeral_home.ts");
    keepLogs(instancePaths(home), ephemeral.logsDir);
  }
  const { rm } = await import("node:fs/promises");
  await rm(home, { recursive: true, force: true });
  // Deno's sanitizers fail a test that leaves a child process behind.
  const { within } = await import("../control/request.ts");
  await within(host, ephemeral.exited, REAP_MS);
}
