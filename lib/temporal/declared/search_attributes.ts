import { declaredTypes } from "../../config/flags/search_attribute_types.ts";
import { expectedNamespaces, type Settings } from "../../config/settings.ts";
import { type GrpcChannel, withGrpcChannel } from "../../grpc/channel.ts";
import { GrpcError } from "../../grpc/error.ts";
import { frontendAddress, frontendEndpoint } from "../../instance/status/addresses.ts";
import type { Connect } from "../../platform/net/connection.ts";
import { delay } from "../../platform/runtime/delay.ts";
import { temporalCommand, type TemporalTarget } from "../../text/temporal_command.ts";
import { addSearchAttributes, listSearchAttributes, type OperatorRefusal } from "./operator_api.ts";

const CALL_TIMEOUT_MS = 5_000;
/** Timeout in ms: Temporal accepts this some time after SERVING, and lists new attributes some time later. */
const DEADLINE_MS = 10_000;
const POLL_MS = 25;
const INVALID_ARGUMENT = 3;

/**
 * Adds the search attributes that the settings declare to `default` and to each namespace of the settings. Temporal
 * itself adds them only to namespaces that it creates (`NewNamespaceConfig` in its `schema/sqlite/setup.go`): with an
 * existing database it silently ignores `--search-attribute`.
 *
 * @returns a warning for each attribute that differs from its declaration; Temporal serves nevertheless
 * @throws the reason of `signal` when it aborts
 */
export async function declareSearchAttributes(
  connect: Connect,
  settings: Settings,
  signal: AbortSignal,
): Promise<string[]> {
  const types = declaredTypes(settings.searchAttributes);
  if (types.size === 0) return [];
  const warnings: string[] = [];
  try {
    await withGrpcChannel(connect, frontendEndpoint(settings), CALL_TIMEOUT_MS, async (channel) => {
      for (const namespace of new Set(["default", ...expectedNamespaces(settings)])) {
        warnings.push(...await declareIn(channel, { address: frontendAddress(settings), namespace }, types, signal));
      }
    });
  } catch (error) {
    if (!(error instanceof GrpcError)) throw error;
    warnings.push(`Cannot read the search attributes: ${error.message}`);
  }
  return warnings;
}

async function declareIn(
  channel: GrpcChannel,
  target: TemporalTarget,
  types: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<string[]> {
  const { namespace } = target;
  const refused = ({ why }: OperatorRefusal) => [`Search attributes of namespace ${namespace}: ${why}`];
  const giveUpAt = performance.now() + DEADLINE_MS;
  for (;;) {
    signal.throwIfAborted();
    const seen = await listSearchAttributes(channel, namespace, CALL_TIMEOUT_MS);
    const isLate = performance.now() > giveUpAt;
    if (!(seen instanceof Map)) {
      if (isLate || seen.status === INVALID_ARGUMENT) return refused(seen);
    } else {
      const missing = new Map([...types].filter(([name]) => !seen.has(name)));
      if (missing.size === 0) return differences(target, types, seen);
      const refusal = await addSearchAttributes(channel, namespace, missing, CALL_TIMEOUT_MS);
      if (refusal !== null && (isLate || refusal.status === INVALID_ARGUMENT)) return refused(refusal);
      if (isLate) {
        return [
          `Search attributes of namespace ${namespace}: ${
            [...missing.keys()].join(", ")
          } were added but are not listed`,
        ];
      }
      if (refusal === null) continue;
    }
    await delay(POLL_MS, signal);
  }
}

function differences(
  target: TemporalTarget,
  types: ReadonlyMap<string, string>,
  seen: ReadonlyMap<string, string>,
): string[] {
  return [...types].filter(([name, type]) => seen.get(name) !== type).map(([name, type]) => {
    const removal = `stigmer-local run -- ${
      temporalCommand("operator search-attribute remove", target, "--name", name)
    }`;
    return `Search attribute ${name} of namespace ${target.namespace} is ${seen.get(name)}, not ${type}: ` +
      `to change it, run \`${removal}\`, then \`stigmer-local restart\``;
  });
}
