import { unlinkSync } from "node:fs";
import { LocalError, systemErrorCode } from "../errors/local_error.ts";
import { readBounded, writeAtomically } from "../platform/files/atomic_file.ts";
import { formatRecord, MAX_RECORD_BYTES, parseRecord, type PidRecord } from "./pid_record.ts";

/** Writes the record, whole; or says why it can't be written, which harms nothing: locks decide. */
export function writePidFile(path: string, record: PidRecord): string | null {
  try {
    writeAtomically(path, formatRecord(record));
    return null;
  } catch (error) {
    const code = error instanceof LocalError ? error.message : systemErrorCode(error);
    if (code === undefined) throw error;
    return code;
  }
}

/** Removes the record at `path` if it is that of process `pid`; another's, or something else, stays. */
export function removePidFile(path: string, pid: number): void {
  const onDisk = readPidFile(path);
  if (onDisk.kind !== "record" || onDisk.record.pid !== pid) return;
  try {
    unlinkSync(path);
  } catch (error) {
    if (!["ENOENT", "EROFS", "EACCES"].includes(systemErrorCode(error) ?? "")) throw error;
  }
}

/** What stands at the record's path. */
export type PidFileContent =
  | { kind: "none" }
  | { kind: "record"; record: PidRecord }
  | { kind: "unusable"; why: string };

/** Reads the record at `path`; never throws for what stands there. */
export function readPidFile(path: string): PidFileContent {
  const reading = readBounded(path, MAX_RECORD_BYTES);
  if ("refused" in reading) {
    return reading.refused === "missing" ? { kind: "none" } : { kind: "unusable", why: reading.refused };
  }
  const parsed = parseRecord(reading.text);
  return "invalid" in parsed ? { kind: "unusable", why: parsed.invalid } : { kind: "record", record: parsed.record };
}
