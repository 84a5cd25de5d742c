import { readdirSync } from "node:fs";
import { join } from "node:path";
import { temporariesOf } from "../platform/files/atomic_file.ts";
import { removeQuietly } from "../platform/files/remove_if_present.ts";
import type { Instance } from "./context.ts";
import { processPaths } from "./paths.ts";
import { recordedNames } from "./pid_file.ts";

/** The name under which supervisor PID binds its socket before renaming it to `control.sock`. */
const OWN_SOCKET = /^\.control-(\d+)$/;

/** Removes what {@linkcode temporariesIn} finds. Only for the holder of `supervisor.lock`. */
export function sweepTemporaries(instance: Pick<Instance, "paths" | "processes">): void {
  for (const path of temporariesIn(instance)) removeQuietly(path);
}

/**
 * Temporary files and sockets that killed supervisors left before renaming them into place. While a supervisor is
 * running, some may be its own, in use at this moment.
 */
export function temporariesIn({ paths, processes }: Pick<Instance, "paths" | "processes">): string[] {
  const { home, record, lastFailure, history, ports } = paths;
  const ours = [
    record,
    lastFailure,
    history,
    ports,
    ...recordedNames(home).map((name) => processPaths(paths, name).record),
  ];
  const isStale = (name: string) => {
    const [, pid] = OWN_SOCKET.exec(name) ?? [];
    return pid !== undefined && !processes.isThere(Number(pid));
  };
  return [
    ...ours.flatMap(temporariesOf),
    ...readdirSync(home).filter(isStale).map((name) => join(home, name)),
  ];
}

/** Removes the control socket of a supervisor that was killed. Only for the holder of `supervisor.lock`. */
export function removeStaleSocket({ paths }: Pick<Instance, "paths">): void {
  removeQuietly(paths.controlSocket); // it may be a directory, or on a read-only file system
}
