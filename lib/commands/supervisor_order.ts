import { instancePaths } from "../core/instance_paths.ts";
import { LocalError } from "../core/local_error.ts";
import { ownFlagAmong } from "../core/temporal_args.ts";
import { DEFAULT_TEMPORAL_VERSION } from "../core/versions.ts";
import type { SupervisorOrder } from "../supervisor/instance.ts";
import type { FindOptions } from "../temporal/find_temporal.ts";
import { findTemporal } from "../temporal/find_temporal.ts";
import type { CommandContext } from "./context.ts";

/**
 * What a supervisor is to be told, with the binary resolved, which may take minutes where it has to be installed.
 *
 * @throws {LocalError} `usage`, `binary-not-found`, `install-failed`, `interrupted`
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
  return await installBinary(context, options);
}

async function hasTemporal({ host, invocation: { home } }: CommandContext): Promise<boolean> {
  const [{ findTemporal: findRunning }, { processesHere }] = await Promise.all([
    import("../supervisor/evidence.ts"),
    import("../system/processes_here.ts"),
  ]);
  const leader = findRunning(instancePaths(home), processesHere(host.platform)).temporal?.leader;
  return leader !== undefined && leader !== null;
}

/** Installs the binary, and shows how far that is. */
async function installBinary(context: CommandContext, options: FindOptions): Promise<string> {
  const [{ resolveTemporal }, { prepareHome }, { showInstall }] = await Promise.all([
    import("../temporal/resolve_binary.ts"),
    import("../system/home.ts"),
    import("./show_install.ts"),
  ]);
  prepareHome(context.invocation.home);
  const binary = await showInstall(context, options.version, (watch) => resolveTemporal({ ...options, ...watch }));
  return binary.path;
}
