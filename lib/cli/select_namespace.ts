import { LocalError } from "../errors/local_error.ts";
import type { GrpcChannel } from "../grpc/channel.ts";
import type { Status } from "../instance/status/status.ts";
import { quotedIfNeeded } from "../text/shell_word.ts";
import type { CommandContext } from "./context.ts";

const TIMEOUT_MS = 5000;

/**
 * The status with the namespace that `--namespace` selects; unchanged without that flag. A running Temporal is asked
 * which ones it has. Without one, those that the instance was or would be started with count, if any was declared.
 *
 * @throws {LocalError} `namespace-missing`, with those that exist
 */
export async function selectNamespace(context: CommandContext, status: Status): Promise<Status> {
  const { namespace } = context.invocation;
  if (namespace === null || !status.managed) return status;
  const declared = status.namespaces ?? [status.namespace];
  const existing = status.temporal === null ? null : await existingNamespaces(context, status.address);
  const known = existing ?? (declared.length > 1 ? declared : [namespace]);
  if (!known.includes(namespace)) throw missing(namespace, known, declared);
  return { ...status, namespace };
}

/** The namespaces of the Temporal at `address`; null if it cannot be asked. */
async function existingNamespaces({ host }: CommandContext, address: string): Promise<string[] | null> {
  const [{ withGrpcChannel }, { GrpcError }, { listNamespaces }, { parseAddress }] = await Promise.all([
    import("../grpc/channel.ts"),
    import("../grpc/error.ts"),
    import("../grpc/namespaces.ts"),
    import("../instance/status/addresses.ts"),
  ]);
  try {
    const ask = (channel: GrpcChannel) => listNamespaces(channel, TIMEOUT_MS);
    return await withGrpcChannel(host.connect, parseAddress(address), TIMEOUT_MS, ask);
  } catch (error) {
    if (error instanceof GrpcError) return null;
    throw error;
  }
}

function missing(namespace: string, known: readonly string[], declared: readonly string[]): LocalError {
  const words = [...declared.filter((name) => name !== "default"), namespace].flatMap((name) => ["--namespace", name]);
  const namespaces = [...known].sort();
  const message = `Namespace \`${namespace}\` does not exist: this instance has ${namespaces.join(", ")}`;
  return new LocalError("namespace-missing", message, {
    hint: `\`stigmer-local start ${words.map(quotedIfNeeded).join(" ")}\` creates it`,
    facts: { namespace, namespaces },
  });
}
