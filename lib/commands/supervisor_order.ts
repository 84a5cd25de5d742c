import { instancePaths } from "../core/instance_paths.ts";
import { LocalError } from "../core/local_error.ts";
import { renderBuildProgress } from "../core/render_build.ts";
import { ownFlagAmong } from "../core/temporal_args.ts";
import { DEFAULT_TEMPORAL_VERSION } from "../core/versions.ts";
import type { SupervisorOrder } from "../supervisor/instance.ts";
import type { FindOptions } from "../temporal/find_temporal.ts";
import { findTemporal } from "../temporal/find_temporal.ts";
import type { CommandContext } from "./context.ts";

/** Where no terminal shows a live line, progress is told this often, in s. */
const TELL_EVERY_S = 15;

/**
 * What a supervisor is to be told, with the binary resolved, which may take minutes where it has to be built.
 *
 * @throws {LocalError} `usage`, `binary-not-found`, `interrupted`
 */
export async function supervisorOrder(context: CommandContext, replace: boolean): Promise<SupervisorOrder> {
  const { home, asked, temporalBin, maxRestarts } = context.invocation;
  refuseOwnFlags(asked.extraArgs ?? []);
  return {
    home,
    asked,
    replace,
    maxRestarts,
    binary: await resolveBinary(context, replace),
    binaryAsked: temporalBin !== null,
  };
}

/** What this tool has to know itself, it must not learn after `--`. */
function refuseOwnFlags(extraArgs: readonly string[]): void {
  const flag = ownFlagAmong(extraArgs);
  if (flag === null) return;
  throw new LocalError("usage", `\`${flag}\` stands after \`--\`, where this tool does not see it`, {
    hint: "Give it before the `--`",
    facts: { flag },
  });
}

async function resolveBinary(context: CommandContext, replace: boolean): Promise<string | null> {
  const { host, invocation: { home, temporalBin } } = context;
  const options: FindOptions = {
    ...(temporalBin === null
      ? {}
      : { explicit: { path: temporalBin, origin: "--temporal-bin or STIGMER_TEMPORAL_BIN" } }),
    home,
    version: DEFAULT_TEMPORAL_VERSION,
    cwd: host.cwd(),
    env: host.env,
  };
  const { binary } = findTemporal(options);
  if (binary !== null) return binary.path;
  // A Temporal that runs without a supervisor only has to be adopted.
  if (!replace && await hasTemporal(context)) return null;
  return await buildBinary(context, options);
}

async function hasTemporal({ host, invocation: { home } }: CommandContext): Promise<boolean> {
  const [{ findTemporal: findRunning }, { processesHere }] = await Promise.all([
    import("../supervisor/evidence.ts"),
    import("../system/processes_here.ts"),
  ]);
  const leader = findRunning(instancePaths(home), processesHere(host.platform)).temporal?.leader;
  return leader !== undefined && leader !== null;
}

/** Builds the binary, with a live line on a terminal. Ctrl-C ends the build and leaves nothing behind. */
async function buildBinary(context: CommandContext, options: FindOptions): Promise<string> {
  const { host, invocation: { home, quiet, json } } = context;
  const [{ resolveTemporal }, { prepareHome }] = await Promise.all([
    import("../temporal/resolve_binary.ts"),
    import("../system/home.ts"),
  ]);
  prepareHome(home);
  const isLive = host.isTerminal("stderr") && !quiet && !json;
  const interrupt = new AbortController();
  const stopListening = host.onSignal(["SIGINT", "SIGTERM"], (signal) => interrupt.abort(signal));
  let toldAtS = -TELL_EVERY_S;
  try {
    const binary = await resolveTemporal({
      ...options,
      signal: interrupt.signal,
      onProgress: (progress) => {
        const line = renderBuildProgress(options.version, progress);
        if (isLive) void host.write("stderr", `\r\x1b[K${line}`);
        else if (progress.seconds - toldAtS >= TELL_EVERY_S) {
          toldAtS = progress.seconds;
          void context.tell(line);
        }
      },
    });
    return binary.path;
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    throw new LocalError("interrupted", "Interrupted while Temporal was built; nothing is left behind", {
      hint: "`stigmer-local start` begins again, with what Go has cached",
      exitCode: interrupt.signal.reason === "SIGTERM" ? 143 : 130,
    });
  } finally {
    stopListening();
    if (isLive) await host.write("stderr", "\r\x1b[K");
  }
}
