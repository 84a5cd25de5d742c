import { unlinkSync } from "node:fs";
import { LocalError, systemErrorCode } from "../core/local_error.ts";
import { formatRecord, type ProcessRecord } from "../core/process_record.ts";
import { writeWhole } from "../system/whole_file.ts";
import { readRecord } from "./evidence.ts";

/** Writes the record, whole; or says why it can't be written, which harms nothing: locks decide. */
export function saveRecord(path: string, record: ProcessRecord): string | null {
  try {
    writeWhole(path, formatRecord(record));
    return null;
  } catch (error) {
    const code = error instanceof LocalError ? error.message : systemErrorCode(error);
    if (code === undefined) throw error;
    return code;
  }
}

/** Removes the record at `path` if it is that of process `pid`; another's, or something else, stays. */
export function removeRecord(path: string, pid: number): void {
  const onDisk = readRecord(path);
  if (onDisk.kind !== "record" || onDisk.record.pid !== pid) return;
  try {
    unlinkSync(path);
  } catch (error) {
    if (!["ENOENT", "EROFS", "EACCES"].includes(systemErrorCode(error) ?? "")) throw error;
  }
}
