import type { CommandContext } from "../../cli/context.ts";
import { typedCommands } from "../../cli/typed_commands.ts";
import { readLastFailure } from "../../instance/last_failure.ts";
import { isOwnHome } from "../../instance/owner.ts";
import { instancePaths } from "../../instance/paths.ts";
import type { RegistryEntry } from "../../instance/registry/entry.ts";
import { readRegistry, realPath } from "../../instance/registry/registry.ts";
import type { Status, StatusState } from "../../instance/status/status.ts";
import type { Processes } from "../../platform/processes/processes.ts";
import { processesHere } from "../../platform/processes/processes_here.ts";
import { currentStatus } from "../current_status.ts";

/** An instance in the output of `ls --json`: fields may be added but not renamed. */
export interface ListedInstance extends RegistryEntry {
  state: StatusState;
  healthy: boolean;
  /** Null where nothing runs. */
  address: string | null;
  uiUrl: string | null;
  namespace: string | null;
  temporal: { pid: number; version: string | null; startedAt: string | null } | null;
  /** Null without one, and if it does not respond. */
  supervisor: { pid: number; runtime: string; startedAt: string } | null;
  /** The memory of Temporal's process group and the supervisor; null where none of it can be seen. */
  memoryBytes: number | null;
}

/**
 * The instances of this user, running ones first, then by home: those of the registry, and the one that the command line
 * selects. The registry only says where to look. What runs, the locks of the homes and the supervisors say, which are asked
 * at once; one that hangs is waited for as long as `status` waits for it.
 *
 * @param all Also those that do not run.
 */
export async function findInstances(context: CommandContext, all: boolean): Promise<ListedInstance[]> {
  const processes = processesHere(context.host.platform);
  const entries = homesToLookAt(context);
  const locks = (home: string) => [instancePaths(home).supervisorLock, instancePaths(home).processLock];
  const held = new Set(processes.heldLocks(entries.flatMap(({ home }) => locks(home))));
  const seen = await Promise.all(entries.map(async (entry) => {
    const { record, controlSocket } = instancePaths(entry.home);
    const hasTraces = context.host.exists(controlSocket) || context.host.exists(record) ||
      locks(entry.home).some((lock) => held.has(lock));
    return hasTraces ? await lookAt(entry, context, processes) : withoutProcesses(entry);
  }));
  return seen.filter((each) => all || isRunning(each))
    .sort((a, b) => Number(isRunning(b)) - Number(isRunning(a)) || (a.home < b.home ? -1 : 1));
}

/** Whether anything of the instance runs. */
function isRunning({ state }: Pick<ListedInstance, "state">): boolean {
  return state !== "stopped" && state !== "failed";
}

/** `context` for the instance at `home`, of which nothing is requested, and without output of its own. */
export function contextAt(context: CommandContext, home: string): CommandContext {
  const { host, invocation } = context;
  return {
    ...context,
    invocation: { ...invocation, home, requested: {}, policy: {}, namespace: null, quiet: true },
    typed: typedCommands(home, { env: host.env, cwd: host.cwd() }),
  };
}

/** The selected home may be of an older version of this tool, or the registry may not be writable. */
function homesToLookAt({ host, invocation }: CommandContext): RegistryEntry[] {
  const entries = readRegistry(host);
  const home = realPath(invocation.home);
  if (home === null || !isOwnHome(host, home) || entries.some((entry) => entry.home === home)) return entries;
  const { supervisorLock, record } = instancePaths(home);
  const hasRun = host.exists(supervisorLock) || host.exists(record);
  return hasRun ? [...entries, { home, project: null }] : entries;
}

async function lookAt(
  entry: RegistryEntry,
  context: CommandContext,
  processes: Processes,
): Promise<ListedInstance> {
  try {
    const status = await currentStatus(contextAt(context, entry.home));
    return isRunning(status) ? listed(entry, status, processes) : { ...withoutProcesses(entry), state: status.state };
  } catch {
    // What answers is no supervisor, or the home has changed just now: the others are listed all the same.
    return { ...withoutProcesses(entry), state: "unknown" };
  }
}

function listed(entry: RegistryEntry, status: Status, processes: Processes): ListedInstance {
  const { state, healthy, address, uiUrl, namespace, temporal, supervisor } = status;
  const pids = [
    ...(temporal === null ? [] : processes.liveGroupMembers(temporal.pgid).map(({ pid }) => pid)),
    ...(supervisor === null ? [] : [supervisor.pid]),
  ];
  const memoryBytes = processes.memoryBytes(pids);
  return {
    ...entry,
    ...{ state, healthy, address, uiUrl, namespace },
    temporal: temporal === null ? null : {
      pid: temporal.pid,
      version: temporal.version,
      startedAt: Date.parse(temporal.startedAt) > 0 ? temporal.startedAt : null, // nothing is recorded of it
    },
    supervisor: supervisor === null
      ? null
      : { pid: supervisor.pid, runtime: supervisor.runtime, startedAt: supervisor.startedAt },
    memoryBytes: memoryBytes === 0 ? null : memoryBytes,
  };
}

/** The state of an instance without a process, a record and a socket, as `status` has it. */
function withoutProcesses(entry: RegistryEntry): ListedInstance {
  const hasFailed = readLastFailure(instancePaths(entry.home).lastFailure) !== null;
  return {
    ...entry,
    ...{ state: hasFailed ? "failed" : "stopped", healthy: false, address: null, uiUrl: null, namespace: null },
    ...{ temporal: null, supervisor: null, memoryBytes: null },
  };
}
