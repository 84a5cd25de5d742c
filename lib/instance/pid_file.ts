import { lstatSync, readdirSync, renameSync } from "node:fs";
import { basename } from "node:path";
import type { ProcessSettings } from "../config/processes.ts";
import { systemErrorCode } from "../errors/local_error.ts";
import { orNull } from "../errors/system_error.ts";
import { readBounded, writeAtomically } from "../platform/files/atomic_file.ts";
import { removeIfPresent } from "../platform/files/remove_if_present.ts";
import { type InstancePaths, processesDir, processPaths } from "./paths.ts";
import { formatRecord, MAX_RECORD_BYTES, parseRecord, type PidRecord } from "./pid_file_format.ts";

/**
 * Writes the PID file of `program` atomically. Returns why it could not, else null: a missing PID file is harmless, because locks
 * decide what is running.
 */
export function writePidFile(path: string, record: PidRecord, program = "temporal"): string | null {
  try {
    writeAtomically(path, formatRecord(record, program));
    return null;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    return code;
  }
}

/** Removes the PID file of `program` at `path` if it records process `pid`; leaves anything else. */
export function removePidFile(path: string, pid: number, program = "temporal"): void {
  const onDisk = readPidFile(path, program);
  if (onDisk.kind !== "record" || onDisk.record.pid !== pid) return;
  removeIfPresent(path, ["EROFS", "EACCES"]);
}

/** Renames the PID file at `path`, of which no use can be made; overwrites nothing. Returns its new name; null if it is gone. */
export function setPidFileAside(path: string): string | null {
  let target = `${path}.set-aside`;
  for (let n = 2; lstatSync(target, { throwIfNoEntry: false }) !== undefined; n++) target = `${path}.set-aside-${n}`;
  try {
    renameSync(path, target);
    return basename(target);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return null; // another process removed it first
    throw error;
  }
}

/** The content of the PID file. */
export type PidFileContent =
  | { kind: "none" }
  | { kind: "record"; record: PidRecord }
  | { kind: "unusable"; why: string };

/** Reads the PID file at `path`, of `program`. Never throws, whatever is at the path. */
export function readPidFile(path: string, program = "temporal"): PidFileContent {
  const reading = readBounded(path, MAX_RECORD_BYTES);
  if ("refused" in reading) {
    return reading.refused === "missing" ? { kind: "none" } : { kind: "unusable", why: reading.refused };
  }
  const parsed = parseRecord(reading.text, program);
  return "invalid" in parsed ? { kind: "unusable", why: parsed.invalid } : { kind: "record", record: parsed.record };
}

/** The names of the processes that have ever run in `home`: each has a lock, which is never removed. */
export function recordedNames(home: string): string[] {
  const files = orNull(() => readdirSync(processesDir(home))) ?? [];
  return [...new Set(files.flatMap((file) => /^(.+)\.(?:lock|pid)$/.exec(file)?.[1] ?? []))];
}

/** The processes that earlier supervisors of this home recorded and did not stop. */
export function recordedProcesses(paths: InstancePaths): ProcessSettings[] {
  return recordedNames(paths.home).flatMap((name) => {
    const onDisk = readPidFile(processPaths(paths, name).record, name);
    return onDisk.kind === "record" ? onDisk.record.launched?.settings ?? [] : [];
  });
}
