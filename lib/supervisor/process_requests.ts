import type { ProcessSettings } from "../config/processes.ts";
import type { StartRequest } from "../control/api.ts";
import { type Failure, toFailure } from "../errors/failure.ts";
import { LocalError } from "../errors/local_error.ts";
import type { Stack } from "../stack/stack.ts";
import type { Supervisor } from "./supervisor.ts";

/**
 * Declares and starts what a request names beside Temporal; one that names nothing starts nothing that was stopped. Why it
 * cannot, else null.
 */
export async function startProcesses(supervisor: Supervisor, request: StartRequest): Promise<Failure | null> {
  const { processes, names } = request;
  if (processes !== undefined && processes.length > 0) await supervisor.ensureStack(processes);
  return await withStack(supervisor, names, async (stack) => {
    if (processes !== undefined) stack.declare(processes);
    if (processes !== undefined || names !== undefined) await stack.start(names);
  });
}

/** Stops the processes `names`. Why it cannot, else null. */
export async function stopProcesses(
  supervisor: Supervisor,
  names: readonly string[],
  graceMs: number,
): Promise<Failure | null> {
  return await withStack(supervisor, names, (stack) => stack.stop(names, graceMs < 0 ? Infinity : graceMs));
}

/** Restarts the processes `names`, as `processes` say if they are given. Why it cannot, else null. */
export async function restartProcesses(
  supervisor: Supervisor,
  names: readonly string[],
  processes: readonly ProcessSettings[] | undefined,
): Promise<Failure | null> {
  return await withStack(supervisor, names, (stack) => stack.restart(names, processes));
}

/** Lets a restart of everything bring up `processes`, if they are given, instead of what runs now. */
export async function redeclareProcesses(
  supervisor: Supervisor,
  processes: readonly ProcessSettings[] | undefined,
): Promise<void> {
  const isNew = processes !== undefined && processes.length > 0;
  const stack = isNew ? await supervisor.ensureStack([]) : await supervisor.loadedStack();
  stack?.redeclare(processes);
}

async function withStack(
  supervisor: Supervisor,
  names: readonly string[] | undefined,
  work: (stack: Stack) => Promise<void>,
): Promise<Failure | null> {
  const stack = await supervisor.loadedStack();
  if (stack === null) return names === undefined ? null : noProcess(names);
  try {
    await work(stack);
    return null;
  } catch (error) {
    if (error instanceof LocalError) return toFailure(error);
    throw error;
  }
}

function noProcess(names: readonly string[]): Failure {
  return {
    code: "usage",
    message: `There is no process \`${names[0]}\`: this instance has none beside Temporal`,
    hint: "Declare it under `processes` in stigmer-local.yaml, then run `stigmer-local start`",
  };
}
