import type { Settings } from "../../config/settings.ts";
import { LocalError } from "../../errors/local_error.ts";
import { describeObstacle, endOf, homeFact } from "../../instance/obstacle.ts";
import type { Processes } from "../../platform/processes/processes.ts";
import { poll } from "../../platform/runtime/poll.ts";
import type { System } from "../../platform/system.ts";
import { type Place, placesOf } from "./places.ts";

/**
 * How long an exiting process may keep its ports after it is no longer visible (exit_files in kernel/exit.c), in ms.
 */
export const DYING_MS = 500;

/**
 * Refuses a launch with `settings` if a port that it needs is taken.
 *
 * @param own Settings of the running Temporal that will be replaced: its ports count as free.
 * @param any Ports that are not checked, because others can be used instead.
 * @throws {LocalError} `port-taken`, naming the process, or the flags that set the same port
 */
export async function refuseTakenPorts(
  settings: Settings,
  system: System,
  own?: Settings,
  any: readonly number[] = [],
): Promise<void> {
  const { canBind } = system;
  const places = placesOf(settings);
  refuseDuplicatePort(places);
  const kept = own === undefined ? [] : placesOf(own).map(({ port }) => port);
  const wanted = withLocalhost(places).filter(({ port }) => !kept.includes(port) && !any.includes(port));
  await refuseWhileTaken(async () => {
    const states = await Promise.all(
      wanted.map(async (each) => ({ ...each, state: await canBind(each.host, each.port) })),
    );
    return states.find(({ state }) => state === "taken");
  }, system);
}

/**
 * Refuses a port that is taken, when its listener can be named or has it for longer than {@linkcode DYING_MS}.
 *
 * @param findTaken Returns a port that another process has; undefined if there is none.
 * @throws {LocalError} `port-taken`, as {@linkcode portTaken} tells it
 * @throws the reason of `signal`
 */
export async function refuseWhileTaken(
  findTaken: () => Promise<Pick<Place, "port" | "flag"> | undefined>,
  system: System,
  signal?: AbortSignal,
): Promise<void> {
  let error: LocalError | undefined;
  await poll(async () => {
    const taken = await findTaken();
    error = taken && portTaken(taken.port, taken.flag, system.processes);
    return error === undefined || error.facts["pid"] !== null ? true : null;
  }, { everyMs: 10, timeoutMs: DYING_MS, signal, clock: system });
  if (error !== undefined) throw error;
}

/** Adds ::1: clients that use `localhost` may connect there, and would reach a foreign process. */
function withLocalhost(places: readonly Place[]): Place[] {
  return [...places, ...places.filter(({ host }) => host === "127.0.0.1").map((place) => ({ ...place, host: "::1" }))];
}

/** Temporal's own error for this names neither flag. */
function refuseDuplicatePort(places: readonly Place[]): void {
  for (const { host, port, flag } of places) {
    const other = places.find((each) => each.flag !== flag && each.host === host && each.port === port);
    if (other === undefined) continue;
    throw new LocalError("port-taken", `${flag} and ${other.flag} are both set to ${port}`, {
      hint: "Set them to different ports",
      facts: { port, address: host, pid: null, command: null },
    });
  }
}

/** The error for a taken port, which names the listener and the flag to choose another port. */
function portTaken(port: number, flag: string, processes: Processes): LocalError {
  const holder = processes.listeners(port).find((listener) => listener.pid !== null) ?? processes.listeners(port)[0];
  const obstacle = holder?.pid == null
    ? null
    : describeObstacle({ pid: holder.pid, command: holder.command ?? "unknown command" }, processes);
  const who = obstacle?.who ?? "a process that is not visible to this user";
  const where = holder === undefined ? "" : ` on ${holder.address}`;
  return new LocalError("port-taken", `Port ${port} is taken${where}: ${who} listens on it`, {
    hint: `${endOf(obstacle)}, or choose another port with ${flag}`,
    facts: {
      port,
      address: holder?.address ?? null,
      pid: holder?.pid ?? null,
      command: holder?.command ?? null,
      ...homeFact(obstacle),
    },
  });
}
