import { readdirSync, unlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { systemErrorCode } from "../errors/local_error.ts";
import { isTemporaryOf } from "../platform/files/atomic_file.ts";
import { isDead } from "../platform/processes/processes.ts";
import type { Instance } from "./context.ts";

/** The name that supervisor PID binds its socket under, before it is renamed into its place. */
const OWN_SOCKET = /^\.control-(\d+)$/;

/** Removes what {@linkcode temporariesIn} finds. Only for the holder of `supervisor.lock`. */
export function sweepTemporaries(instance: Pick<Instance, "paths" | "processes">): void {
  for (const path of temporariesIn(instance)) unlinkQuietly(path);
}

/**
 * What supervisors left half-written that were killed: new files that were not in their places yet, sockets under names
 * of their own. While a supervisor runs, some may be its own, of this very moment.
 */
export function temporariesIn({ paths, processes }: Pick<Instance, "paths" | "processes">): string[] {
  const ours = [paths.record, paths.lastFailure, paths.history].map((path) => basename(path));
  const isAlive = (pid: number) => {
    const seen = processes.inspect(pid);
    return seen !== null && !isDead(seen);
  };
  const isStale = (name: string) => {
    const [, pid] = OWN_SOCKET.exec(name) ?? [];
    return pid === undefined ? ours.some((each) => isTemporaryOf(name, each)) : !isAlive(Number(pid));
  };
  return readdirSync(paths.home).filter(isStale).map((name) => join(paths.home, name));
}

/** Removes the control socket of a supervisor that was killed. Only for the holder of `supervisor.lock`. */
export function removeStaleSocket({ paths }: Pick<Instance, "paths">): void {
  unlinkQuietly(paths.controlSocket);
}

/** Something else than a file may stand there, or the file system be read-only: then it stays. */
function unlinkQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
  }
}
