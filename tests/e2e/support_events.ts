import { askSupervisor, readFailure, readStatus } from "../../lib/control/client.ts";
import { fromFailure } from "../../lib/errors/failure.ts";
import type { Status } from "../../lib/instance/status/status.ts";
import { currentHost } from "../../lib/platform/runtime/current_host.ts";
import { DEADLINE_MS, history, type TestInstance, until } from "./support.ts";

/** Waits until the history has `count` events of this name, and returns the last of them. */
export function untilEvent(instance: TestInstance, event: string, count = 1): Promise<Record<string, unknown>> {
  return until(
    `${count} × ${event} in the history`,
    () => history(instance).filter((each) => each.event === event)[count - 1],
  );
}

/** The names of the transitions since the last time that `event` happened, that one included. */
export function eventsSince(instance: TestInstance, event: string): string[] {
  const names = history(instance).map((each) => each.event);
  return names.slice(names.lastIndexOf(event));
}

/** Asks the supervisor directly and without a pause, for states that a command would miss. */
export async function ask(
  instance: TestInstance,
  method: "GET" | "POST",
  path: string,
  body?: unknown,
): Promise<Status> {
  const answer = await askSupervisor(await currentHost(), instance.home, method, path, {
    body,
    timeoutMs: DEADLINE_MS,
  });
  if (answer.kind !== "answer") throw new Error(`${method} ${path}: ${answer.kind}`);
  if (answer.response.status !== 200) throw fromFailure(readFailure(answer.response));
  return readStatus(answer.response);
}
