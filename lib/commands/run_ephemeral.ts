import { accessSync, constants, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalError, systemErrorCode } from "../core/local_error.ts";
import type { AskedSettings } from "../core/settings.ts";
import type { Status } from "../core/status.ts";
import { freePort } from "../system/ports.ts";
import { processesHere } from "../system/processes_here.ts";
import { askSupervisor } from "../supervisor/control_client.ts";
import type { SupervisorOrder } from "../supervisor/instance.ts";
import { recruitEphemeral } from "../supervisor/recruit.ts";
import type { CommandContext } from "./context.ts";
import { runWith } from "./run.ts";
import { supervisorOrder } from "./supervisor_order.ts";

const DEFAULT_TIMEOUT_S = 120;
/** A free port may be taken before Temporal has it: then another one is tried, this often. */
const MAX_TRIES = 8;
/** What the end of an instance without a drain may take on a machine under load, in ms. */
const END_MS = 30_000;

/**
 * Runs the command on an instance of its own: a home in the temporary folder, free ports, data in memory. Its
 * supervisor ends it, and removes the home, when this process is gone, however that comes about.
 */
export async function runEphemeral(context: CommandContext): Promise<number> {
  const { host } = context;
  const { home, status } = await startEphemeral(context);
  try {
    return await runWith(context, status);
  } finally {
    await askSupervisor(host, home, "POST", "/stop", { body: { graceMs: 0 }, timeoutMs: END_MS });
  }
}

/** An instance that is this process' own. */
export interface Ephemeral {
  home: string;
  /** What it was when it began to serve. */
  status: Status;
  /** Whether its supervisor has ended, and the runtime knows. */
  hasEnded(): boolean;
}

/**
 * Starts an instance of its own for this process, as {@linkcode runEphemeral} does, and resolves when it serves.
 *
 * @throws {LocalError} what `start` throws
 */
export async function startEphemeral(context: CommandContext): Promise<Ephemeral> {
  const { host, invocation: { own } } = context;
  const common = await supervisorOrder(context, true); // a binary is needed, whatever runs in the common home
  const self = processesHere(host.platform).inspect(host.pid);
  if (self === null) throw new LocalError("internal", "This process can't see itself");
  const timeoutMs = Number(own["timeout"] ?? DEFAULT_TIMEOUT_S) * 1000;
  for (let tries = 1;; tries++) {
    const home = temporaryHome();
    const order: SupervisorOrder = {
      ...common,
      home,
      asked: await ephemeralSettings(context, common.asked),
      ephemeralFor: { pid: host.pid, startTime: self.startTime },
    };
    let isOver = false;
    const onSpawn = (exited: Promise<unknown>) => void exited.then(() => isOver = true);
    try {
      const status = await recruitEphemeral(host, order, { timeoutMs, noWait: false, onSpawn });
      return { home, status, hasEnded: () => isOver };
    } catch (error) {
      rmSync(home, { recursive: true, force: true });
      if (tries === MAX_TRIES || !isPortTaken(error)) throw error;
    }
  }
}

/** Where its supervisor is to make the home. */
function temporaryHome(): string {
  const folder = tmpdir();
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = systemErrorCode(error);
    throw new LocalError("home-unusable", `Nothing can be made in the temporary folder ${folder} (${code})`, {
      hint: "Set TMPDIR to a folder of your own",
      facts: { folder, systemError: code },
      cause: error,
    });
  }
  return join(folder, `stigmer-ephemeral-${crypto.randomUUID().slice(0, 8)}`);
}

/**
 * In memory, on free ports, without a UI, unless flags say otherwise: the ports that the environment or `config.yaml`
 * names are those of the common instance. What else they say counts here, too.
 */
async function ephemeralSettings(
  { invocation: { given } }: CommandContext,
  asked: AskedSettings,
): Promise<AskedSettings> {
  const isWritten = (flag: string) => given.get(flag)?.source.kind === "flag";
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

function isPortTaken(error: unknown): boolean {
  return error instanceof LocalError && (error.code === "port-taken" || error.facts["cause"] === "port-taken");
}
