import type { Instance } from "../../instance/context.ts";
import { findProcess } from "../../instance/find_process.ts";
import { isDead } from "../../platform/processes/processes.ts";
import { poll } from "../../platform/runtime/poll.ts";
import { DYING_MS } from "./check_ports.ts";

/**
 * Whether the process that blocks a launch is a foreign one that stays. An exiting Temporal releases its lock, which
 * identifies it, before it is seen to be dead: waits for an exiting process, which is not foreign if it is gone.
 *
 * @param pid The process; null if unknown.
 * @throws the reason of `signal`
 */
export async function isForeignProcess(
  pid: number | null,
  instance: Pick<Instance, "paths" | "processes" | "nowMs" | "delay">,
  signal: AbortSignal,
): Promise<boolean> {
  const { paths, processes } = instance;
  const look = () => {
    if (findProcess(paths, processes).found !== null) return false;
    if (pid === null) return true;
    const seen = processes.inspect(pid);
    if (seen === null || isDead(seen)) return false;
    const isEnding = processes.argv(pid) === null; // its memory goes first, then its files (do_exit in kernel/exit.c)
    return isEnding ? null : true;
  };
  return await poll(look, { everyMs: 10, timeoutMs: DYING_MS, signal, clock: instance }) ?? true;
}
