import type { Settings } from "../../config/settings.ts";
import { LocalError } from "../../errors/local_error.ts";
import { type GrpcChannel, withGrpcChannel } from "../../grpc/channel.ts";
import { GrpcError } from "../../grpc/error.ts";
import { describeNamespace } from "../../grpc/health.ts";
import { registerNamespace } from "../../grpc/namespaces.ts";
import { frontendEndpoint } from "../../instance/status/addresses.ts";
import type { Connect } from "../../platform/net/connection.ts";
import { delay } from "../../platform/runtime/delay.ts";

const CALL_TIMEOUT_MS = 5_000;
/** How long Temporal may take to show a namespace that it has created, in ms. */
const DEADLINE_MS = 15_000;
const POLL_MS = 25;

/**
 * Creates the namespaces `names` on the Temporal that runs with `settings`. Resolves when Temporal shows them.
 *
 * @throws {LocalError} `settings-differ` with Temporal's reason
 * @throws the reason of `signal` when it aborts
 */
export async function addNamespaces(
  connect: Connect,
  settings: Settings,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  if (names.length === 0) return;
  try {
    await withGrpcChannel(connect, frontendEndpoint(settings), CALL_TIMEOUT_MS, async (channel) => {
      for (const name of names) {
        const refusal = await registerNamespace(channel, name, CALL_TIMEOUT_MS) ??
          await untilShown(channel, name, signal);
        if (refusal !== null) throw notAdded(name, refusal);
      }
    });
  } catch (error) {
    throw error instanceof GrpcError ? notAdded(names.join(", "), error.message) : error;
  }
}

/** Resolves with the reason if Temporal does not show it in time, else null. */
async function untilShown(channel: GrpcChannel, name: string, signal: AbortSignal): Promise<string | null> {
  for (const giveUpAt = performance.now() + DEADLINE_MS;; await delay(POLL_MS, signal)) {
    const seen = await describeNamespace(channel, name, CALL_TIMEOUT_MS);
    if (seen === "found") return null;
    if (performance.now() > giveUpAt) return seen === "not-found" ? "Temporal does not show it" : seen.error;
  }
}

function notAdded(name: string, why: string): LocalError {
  return new LocalError("settings-differ", `Cannot add namespace ${name} to the running Temporal: ${why}`, {
    facts: { namespace: name, why },
  });
}
