import type { CommandContext } from "../../cli/context.ts";
import { type Failure, toFailure } from "../../errors/failure.ts";
import { LocalError } from "../../errors/local_error.ts";
import type { RegistryEntry } from "../../instance/registry/entry.ts";
import type { Stopped } from "../../instance/status/status.ts";
import { NOTHING, stopInstance } from "../stop.ts";
import { contextAt, findInstances, type ListedInstance } from "./find_instances.ts";

/** What `stop --all` did with an instance. */
export interface StoppedInstance extends RegistryEntry, Stopped {
  /** Why it could not be stopped. */
  error?: Failure;
}

/**
 * Stops every running instance of this user, all at once. One that cannot be stopped does not keep the others from it.
 *
 * @param onStopped Called for each when it has stopped, or could not be.
 */
export async function stopAll(
  context: CommandContext,
  graceMs: number | undefined,
  onStopped: (stopped: StoppedInstance) => Promise<void>,
): Promise<StoppedInstance[]> {
  const instances = await findInstances(context, false);
  return await Promise.all(instances.map(async (instance) => {
    const stopped = await stopOne(context, instance, graceMs);
    await onStopped(stopped);
    return stopped;
  }));
}

async function stopOne(
  context: CommandContext,
  { home, project, state }: ListedInstance,
  graceMs: number | undefined,
): Promise<StoppedInstance> {
  const ownContext = contextAt(context, home);
  try {
    if (state === "unknown") { // nothing is signalled of which nothing is proved
      throw new LocalError(
        "stop-failed",
        "What runs there cannot be seen from here, or does not answer as a supervisor",
        {
          hint: "`stigmer-local status` and `stigmer-local doctor` tell more",
        },
      );
    }
    return { home, project, ...await stopInstance(ownContext, graceMs) };
  } catch (error) {
    return { home, project, ...NOTHING, error: toFailure(ownContext.typed.inError(error)) };
  }
}
