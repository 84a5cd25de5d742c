import { type Command, type CommandContext, tellWarnings, timeoutMsOf } from "../cli/context.ts";
import { fromFailure } from "../errors/failure.ts";
import { LocalError } from "../errors/local_error.ts";
import { renderCard } from "../instance/status/render_status.ts";
import type { Status } from "../instance/status/status.ts";
import { delay } from "../platform/runtime/delay.ts";
import { type ExternalTarget, externalTarget, lookAtExternal } from "./target.ts";

const DEFAULT_LOOK_S = 10;
/** The timeout of one check of `wait`, in ms. */
const LOOK_MS = 5_000;
const LOOK_AGAIN_MS = 500;

/** Checks that the external Temporal is usable; starts nothing. */
export const startExternal: Command = async (context) => {
  const status = await verified(context, await externalTarget(context));
  await context.answer(status, () => renderCard(status, context.paint));
  return 0;
};

/**
 * The status of the external Temporal, which is usable.
 *
 * @throws {LocalError} if it is not usable
 */
export async function verified(context: CommandContext, target: ExternalTarget): Promise<Status> {
  const timeoutMs = timeoutMsOf(context, DEFAULT_LOOK_S);
  const status = await lookAtExternal(context, target, timeoutMs);
  await tellWarnings(context, status);
  if (status.failure !== undefined) throw fromFailure(status.failure);
  return { ...status, reused: true };
}

/** Failures that waiting can resolve. */
const PASSING: readonly string[] = ["unreachable", "not-serving", "namespace-missing", "not-temporal"];

/** Waits until the external Temporal is usable. Fails at once if waiting cannot help. */
export const waitExternal: Command = async (context) => {
  const target = await externalTarget(context);
  const timeoutMs = timeoutMsOf(context);
  const giveUpAt = performance.now() + timeoutMs;
  let lastMessage = "";
  for (;;) {
    const remainingMs = Math.max(1, giveUpAt - performance.now());
    const status = await lookAtExternal(context, target, Math.min(LOOK_MS, remainingMs));
    const { failure } = status;
    if (failure === undefined) {
      await context.answer(status, () => renderCard(status, context.paint));
      return 0;
    }
    if (!PASSING.includes(failure.code)) throw fromFailure(failure);
    if (performance.now() + LOOK_AGAIN_MS >= giveUpAt) {
      throw new LocalError("timeout", `Timed out after ${timeoutMs / 1000} s: ${failure.message}`, {
        hint: failure.hint,
        facts: { ...failure.facts, why: failure.code },
      });
    }
    if (failure.message !== lastMessage) await context.tell(`Waiting: ${failure.message}`);
    lastMessage = failure.message;
    await delay(LOOK_AGAIN_MS);
  }
};
