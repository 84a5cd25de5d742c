import { accessSync, constants, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandContext, timeoutMsOf } from "../cli/context.ts";
import { createLaunchRequest } from "../client/launch_request.ts";
import type { RequestedSettings } from "../config/settings.ts";
import { LocalError, systemErrorCode } from "../errors/local_error.ts";
import { hasLostPort } from "../errors/port_errors.ts";
import type { LaunchRequest } from "../instance/context.ts";
import { freePort } from "../platform/net/probe_port.ts";
import { processesHere } from "../platform/processes/processes_here.ts";

/** A free port may be taken before Temporal has it: then another one is tried, this often. */
const MAX_TRIES = 8;

/**
 * Brings up an instance that is this process' own: a home in the temporary folder, free ports, data in memory. When a port
 * is taken before Temporal has it, another one is tried, in another home; not so one that a flag names.
 *
 * @param bringUp Gets the order for one try. When it throws, its home is removed, if that can be.
 * @throws what `bringUp` throws, at last
 * @throws {LocalError} `binary-not-found`, `install-failed`, `home-unusable`
 */
export async function bringUpEphemeral<Result>(
  context: CommandContext,
  bringUp: (launchRequest: LaunchRequest, timeoutMs: number) => Promise<Result>,
): Promise<Result> {
  const { host } = context;
  const common = await createLaunchRequest(context, true, true);
  const self = processesHere(host.platform).inspect(host.pid);
  if (self === null) throw new LocalError("internal", "This process can't see itself");
  const timeoutMs = timeoutMsOf(context);
  for (let tries = 1;; tries++) {
    const home = temporaryHome();
    const requested = await ephemeralSettings(context, common.requested);
    const ephemeralFor = { pid: host.pid, startTime: self.startTime };
    try {
      return await bringUp({ ...common, home, requested, ephemeralFor }, timeoutMs);
    } catch (error) {
      discard(home);
      if (tries === MAX_TRIES || !hasLostPort(error) || isNamed(error, context)) throw withoutLog(error);
    }
  }
}

/** Where the home is to be made: the real path, which others find it by, from wherever they are, and whatever is deleted. */
function temporaryHome(): string {
  const folder = tmpdir();
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return join(realpathSync(folder), `stigmer-ephemeral-${crypto.randomUUID().slice(0, 8)}`);
  } catch (error) {
    const code = systemErrorCode(error);
    throw new LocalError("home-unusable", `Nothing can be made in the temporary folder ${folder} (${code})`, {
      hint: "Set TMPDIR to a folder of your own",
      facts: { folder, systemError: code },
      cause: error,
    });
  }
}

/** What can't be removed stays, in a folder for such things: why there is something to remove says more than this would. */
function discard(home: string): void {
  try {
    rmSync(home, { recursive: true, force: true });
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
  }
}

/**
 * In memory, on free ports, without a UI, unless flags say otherwise: the ports that the environment or `config.yaml`
 * names are those of the common instance. What else they say counts here, too.
 */
async function ephemeralSettings(
  { invocation: { options } }: CommandContext,
  asked: RequestedSettings,
): Promise<RequestedSettings> {
  const isWritten = (flag: string) => options.get(flag)?.source.kind === "flag";
  const portFor = async (flag: string, port: number | "auto" | undefined) =>
    isWritten(flag) && typeof port === "number" ? port : await freePort();
  return {
    ...asked,
    dbFilename: null,
    headless: isWritten("headless") ? asked.headless === true : !isWritten("ui-port"),
    port: await portFor("port", asked.port),
    uiPort: await portFor("ui-port", asked.uiPort),
    metricsPort: isWritten("metrics-port") ? asked.metricsPort ?? null : null,
  };
}

/** Whether the port that was lost is one that a flag names. */
function isNamed(error: unknown, { invocation: { options } }: CommandContext): boolean {
  const port = error instanceof LocalError ? error.facts["port"] : undefined;
  return ["port", "ui-port", "metrics-port"].map((flag) => options.get(flag))
    .some((each) => each?.source.kind === "flag" && each.value === port);
}

/** The log that an error refers to when nothing else is known is gone with the home; its end is among the facts. */
function withoutLog(error: unknown): unknown {
  if (!(error instanceof LocalError) || error.facts["cause"] !== "unknown") return error;
  const { code, message, facts, cause } = error;
  return new LocalError(code, message, { facts, cause });
}
