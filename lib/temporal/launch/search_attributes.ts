import { declaredTypes } from "../../config/flags/search_attribute_types.ts";
import { expectedNamespaces, type Settings } from "../../config/settings.ts";
import { type GrpcChannel, openGrpcChannel } from "../../grpc/channel.ts";
import { GrpcError } from "../../grpc/error.ts";
import type { Instance } from "../../instance/context.ts";
import { clientHost } from "../../instance/status/addresses.ts";
import { delay } from "../../platform/runtime/delay.ts";
import { addSearchAttributes, listSearchAttributes, type OperatorRefusal } from "./operator_api.ts";

const QUESTION_MS = 5_000;
/** Temporal needs a moment after SERVING until it can do this, and another until it shows what was added; in ms. */
const DEADLINE_MS = 10_000;
const POLL_MS = 25;
const INVALID_ARGUMENT = 3;

/**
 * Makes the search attributes that the settings declare, in `default` and in each namespace that they name. Temporal
 * itself does that only for a namespace which it makes anew (`NewNamespaceConfig` in its `schema/sqlite/setup.go`): on a
 * database that is there, `--search-attribute` does nothing, without a word.
 *
 * @returns a warning for each that is not as it was declared: Temporal serves all the same
 * @throws the reason of `signal` when it aborts
 */
export async function declareSearchAttributes(
  { host, log }: Pick<Instance, "host" | "log">,
  settings: Settings,
  signal: AbortSignal,
): Promise<string[]> {
  const types = declaredTypes(settings.searchAttributes);
  if (types.size === 0) return [];
  const warnings: string[] = [];
  let channel: GrpcChannel | null = null;
  try {
    channel = await openGrpcChannel(host.connect, { host: clientHost(settings.ip), port: settings.port }, QUESTION_MS);
    for (const namespace of new Set(["default", ...expectedNamespaces(settings)])) {
      warnings.push(...await declareIn(channel, namespace, types, signal));
    }
  } catch (error) {
    if (!(error instanceof GrpcError)) throw error;
    warnings.push(`The search attributes can't be looked at: ${error.message}`);
  } finally {
    channel?.close();
  }
  for (const message of warnings) log.note("warning", { message });
  return warnings;
}

async function declareIn(
  channel: GrpcChannel,
  namespace: string,
  types: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<string[]> {
  const refused = ({ why }: OperatorRefusal) => [`Search attributes of namespace ${namespace}: ${why}`];
  const giveUpAt = performance.now() + DEADLINE_MS;
  for (;;) {
    signal.throwIfAborted();
    const seen = await listSearchAttributes(channel, namespace, QUESTION_MS);
    const isLate = performance.now() > giveUpAt;
    if (!(seen instanceof Map)) {
      if (isLate || seen.status === INVALID_ARGUMENT) return refused(seen);
    } else {
      const missing = new Map([...types].filter(([name]) => !seen.has(name)));
      if (missing.size === 0) return differences(namespace, types, seen);
      const refusal = await addSearchAttributes(channel, namespace, missing, QUESTION_MS);
      if (refusal !== null && (isLate || refusal.status === INVALID_ARGUMENT)) return refused(refusal);
      if (isLate) {
        return [`Search attributes of namespace ${namespace}: ${[...missing.keys()].join(", ")} don't appear`];
      }
      if (refusal === null) continue;
    }
    await delay(POLL_MS, signal);
  }
}

function differences(
  namespace: string,
  types: ReadonlyMap<string, string>,
  seen: ReadonlyMap<string, string>,
): string[] {
  return [...types].filter(([name, type]) => seen.get(name) !== type).map(([name, type]) =>
    `Search attribute ${name} of namespace ${namespace} is ${seen.get(name)}, not ${type}: to change it, ` +
    `\`temporal operator search-attribute remove --namespace ${namespace} --name ${name}\`, then restart`
  );
}
