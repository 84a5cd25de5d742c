import type { Status } from "../core/status.ts";
import { LocalError } from "../core/local_error.ts";
import { recruit } from "../supervisor/recruit.ts";
import type { CommandContext } from "./context.ts";
import { supervisorOrder } from "./supervisor_order.ts";

/**
 * Starts an instance that nobody supervises. Ctrl-C ends the wait, not the start: a supervisor that was asked to bring
 * Temporal up goes on.
 *
 * @param replaces End a Temporal that runs unsupervised, instead of adopting it.
 */
export async function startNew(context: CommandContext, timeoutMs: number, replaces: boolean): Promise<Status> {
  const { host, invocation: { home, own } } = context;
  const order = await supervisorOrder(context, replaces);
  const interrupted = new Promise<never>((_, reject) => {
    host.onSignal(["SIGINT", "SIGTERM"], (signal) => {
      reject(
        new LocalError(
          "interrupted",
          `Interrupted (${signal}): the supervisor goes on bringing Temporal up in the background`,
          {
            hint: "`stigmer-local wait` waits for it, `stigmer-local stop` ends it",
            exitCode: signal === "SIGINT" ? 130 : 143,
            facts: { home },
          },
        ),
      );
    });
  });
  return await Promise.race([recruit(host, order, { timeoutMs, noWait: own["no-wait"] === true }), interrupted]);
}
