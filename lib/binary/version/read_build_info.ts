import { closeSync, openSync, readSync } from "node:fs";
import type { TemporalVersions } from "../../config/temporal_versions.ts";
import { systemErrorCode } from "../../errors/local_error.ts";
import {
  buildInfoSection,
  ELF_HEADER_BYTES,
  type FilePart,
  modulesIn,
  sectionNames,
  sectionTable,
  temporalVersionsIn,
} from "./go_build_info.ts";

/** No section that is read is larger, in a file that means well. */
const MAX_BYTES = 1024 * 1024;

/**
 * The versions that Go's linker wrote into the binary, without running it: 1 ms, where `--version` takes 25 ms of a core.
 * Null when they are not told there (a shim, macOS, a build without `-ldflags`).
 */
export function readBuildInfo(binary: string): TemporalVersions | null {
  let fd: number;
  try {
    fd = openSync(binary, "r");
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return null;
  }
  try {
    const table = sectionTable(readPart(fd, { offset: 0, size: ELF_HEADER_BYTES }));
    if (table === null) return null;
    const sections = readPart(fd, table);
    const names = sectionNames(sections, table);
    const part = names === null ? null : buildInfoSection(sections, table, readPart(fd, names));
    const modules = part === null ? null : modulesIn(readPart(fd, part));
    return modules === null ? null : temporalVersionsIn(modules);
  } finally {
    closeSync(fd);
  }
}

function readPart(fd: number, { offset, size }: FilePart): Uint8Array {
  const bytes = new Uint8Array(Math.min(size, MAX_BYTES));
  try {
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, offset));
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error; // a folder, an offset beyond all files
    return bytes.subarray(0, 0);
  }
}
