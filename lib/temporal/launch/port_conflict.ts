import type { Instance } from "../../instance/context.ts";
import { findTemporal } from "../../instance/find_temporal.ts";
import { isDead } from "../../platform/processes/processes.ts";
import { DYING_MS } from "./preflight.ts";

/**
 * Whether what is in the way of a launch stays there, and is none of ours. A process that is just ending has let go of our
 * lock, its proof, before it is seen to be dead: it is waited for, and no stranger when it is gone.
 *
 * @param pid The process; null when it is not known.
 * @throws the reason of `signal`
 */
export async function isForeignProcess(
  pid: number | null,
  { paths, processes, nowMs, delay }: Pick<Instance, "paths" | "processes" | "nowMs" | "delay">,
  signal: AbortSignal,
): Promise<boolean> {
  for (const giveUpAt = nowMs() + DYING_MS;; await delay(10, signal)) {
    if (findTemporal(paths, processes).temporal !== null) return false;
    if (pid === null) return true;
    const seen = processes.inspect(pid);
    if (seen === null || isDead(seen)) return false;
    const isEnding = processes.argv(pid) === null; // its memory goes first, then its files (do_exit in kernel/exit.c)
    if (!isEnding || nowMs() > giveUpAt) return true;
  }
}
