import { lstatSync, readdirSync, renameSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { ProcessSettings } from "../config/processes.ts";
import { systemErrorCode } from "../errors/local_error.ts";
import { orNull } from "../errors/system_error.ts";
import { readBounded, writeAtomically } from "../platform/files/atomic_file.ts";
import { removeIfPresent } from "../platform/files/remove_if_present.ts";
import { type InstancePaths, processesDir, processPaths } from "./paths.ts";
import { formatRecord, MAX_RECORD_BYTES, parseRecord, type PidRecord } from "./pid_file_format.ts";

/** Where a PID file is, and of what. */
type PidFilePaths = Pick<InstancePaths, "record" | "program">;

/**
 * Writes the PID file atomically. Returns why it could not, else null: a missing PID file is harmless, because locks
 * decide what is running.
 */
export function writePidFile({ record: path, program }: PidFilePaths, record: PidRecord): string | null {
  try {
    writeAtomically(path, formatRecord({ ...record, folder: folderOf(path) }, program));
    return null;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    return code;
  }
}

/** Removes the PID file if it records process `pid`; leaves anything else. */
export function removePidFile(paths: PidFilePaths, pid: number): void {
  if (readPidFile(paths).record?.pid === pid) removeIfPresent(paths.record, ["EROFS", "EACCES"]);
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

/** What is at the path of a PID file. */
export interface PidFileContent {
  /** Null if there is none that can be used. */
  record: PidRecord | null;
  /** Why what is there cannot be used; null if there is a record, or nothing. */
  unusable: string | null;
}

/** Reads the PID file. Never throws, whatever is at the path. */
export function readPidFile({ record: path, program }: PidFilePaths): PidFileContent {
  const reading = readBounded(path, MAX_RECORD_BYTES);
  if ("refused" in reading) return { record: null, unusable: reading.refused === "missing" ? null : reading.refused };
  const parsed = parseRecord(reading.text, program);
  if ("invalid" in parsed) return { record: null, unusable: parsed.invalid };
  const { folder, ...record } = parsed.record;
  // The process that it describes is that of the folder that was copied, and must not be signalled from here.
  const isCopy = folder !== undefined && folder !== orNull(() => folderOf(path));
  return isCopy ? { record: null, unusable: "copied from another folder" } : { record, unusable: null };
}

/**
 * The inode of the folder that `path` is in, which stays when the folder is moved. Not its device, whose number may be another
 * one after a reboot. @throws if there is none
 */
function folderOf(path: string): string {
  return String(statSync(dirname(path), { bigint: true }).ino);
}

/** The names of the processes that have ever run in `home`: each has a lock, which is never removed. */
export function recordedNames(home: string): string[] {
  const files = orNull(() => readdirSync(processesDir(home))) ?? [];
  return [...new Set(files.flatMap((file) => /^(.+)\.(?:lock|pid)$/.exec(file)?.[1] ?? []))];
}

/** The processes that earlier supervisors of this home recorded and did not stop. */
export function recordedProcesses(paths: InstancePaths): ProcessSettings[] {
  const recorded = (name: string) => readPidFile(processPaths(paths, name)).record?.launched?.settings ?? [];
  return recordedNames(paths.home).flatMap(recorded);
}
