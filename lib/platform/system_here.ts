import process from "node:process";
import { tryLock } from "./locks/lock_file.ts";
import { processesHere } from "./processes/processes_here.ts";
import { delay } from "./runtime/delay.ts";
import type { System } from "./system.ts";

/**
 * The real operating system.
 *
 * @param platform As `process.platform` names it. @default {process.platform}
 * @throws {LocalError} `unsupported-platform` except on Linux and macOS
 */
export function systemHere(platform: string = process.platform): System {
  return {
    processes: processesHere(platform),
    kill: (pid, signal) => void process.kill(pid, signal),
    tryLock: (path) => tryLock(path),
    spawn: async (options) => (await import("./spawn/spawn_detached.ts")).spawnDetached(options),
    canBind: async (host, port) => (await import("./net/probe_port.ts")).canBind(host, port, platform),
    nowMs: () => performance.now(),
    delay,
  };
}
