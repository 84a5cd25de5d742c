import process from "node:process";
import { systemErrorCode } from "../../errors/local_error.ts";
import type { System } from "../system.ts";
import type { SentSignal } from "./signals.ts";

/**
 * Sends `signal` to every member of process group `pgid`. `gone` when no live member is left.
 * The caller has proved whose group it is.
 *
 * @param system Its processes tell a group of zombies, for which macOS answers EPERM (kill(2) there), from another user's.
 * @throws {RangeError} when `pgid` is our own group or none: kill(2) takes -1 for every process, and 0 for us
 * @throws the system's error (`EPERM` for another user's group)
 */
export function signalGroup(
  pgid: number,
  signal: SentSignal,
  { processes, kill }: Pick<System, "processes" | "kill">,
): "sent" | "gone" {
  if (!Number.isSafeInteger(pgid) || pgid <= 1) {
    throw new RangeError(`Cannot signal process group '${pgid}': it must be an integer greater than 1`);
  }
  if (processes.inspect(process.pid)?.pgid === pgid) {
    throw new RangeError(`Cannot signal process group '${pgid}': it is our own`);
  }
  try {
    kill(-pgid, signal);
    return "sent";
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ESRCH") return "gone";
    if (code === "EPERM" && processes.liveGroupMembers(pgid).length === 0) return "gone";
    throw error;
  }
}
