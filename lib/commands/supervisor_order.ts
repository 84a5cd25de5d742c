import { DEFAULT_TEMPORAL_VERSION } from "../core/versions.ts";
import type { SupervisorOrder } from "../supervisor/instance.ts";
import { findTemporal } from "../temporal/find_temporal.ts";
import type { CommandContext } from "./context.ts";

/**
 * What a supervisor is to be told, with the binary resolved, which may take minutes where it has to be built.
 *
 * @throws {LocalError} `binary-not-found`, `install-failed`, `interrupted`
 */
export async function supervisorOrder(context: CommandContext, replace: boolean): Promise<SupervisorOrder> {
  const { home, asked, temporalBin, maxRestarts } = context.invocation;
  return { home, asked, replace, maxRestarts, binary: await resolveBinary(context), binaryAsked: temporalBin !== null };
}

async function resolveBinary(context: CommandContext): Promise<string> {
  const { host, invocation: { home, temporalBin } } = context;
  const { binary, tried } = findTemporal({
    ...(temporalBin === null ? {} : { explicit: { path: temporalBin, origin: "--temporal-bin or STIGMER_TEMPORAL_BIN" } }),
    home,
    version: DEFAULT_TEMPORAL_VERSION,
    cwd: host.cwd(),
    env: host.env,
  });
  if (binary !== null) return binary.path;
  return (await import("./build_binary.ts")).buildBinary(context, tried);
}
