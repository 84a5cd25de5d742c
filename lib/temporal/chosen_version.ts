import { unlinkSync } from "node:fs";
import { join } from "node:path";
import { systemErrorCode } from "../core/local_error.ts";
import { DEFAULT_TEMPORAL_VERSION, isVersion } from "../core/versions.ts";
import { readBounded, writeWhole } from "../system/whole_file.ts";

/** Which version `install` was last asked for in a home. */
export interface ChosenVersion {
  version: string;
  /** Asked for by its number; else it is whatever this tool's default is. */
  isNamed: boolean;
  /** Unix time in ms; 0 when it was never asked. */
  atMs: number;
}

const MAX_BYTES = 4096;

/** The version that starts without `--version` in `home` run. A file that is damaged counts as none. */
export function readChosenVersion(home: string): ChosenVersion {
  const reading = readBounded(chosenPath(home), MAX_BYTES);
  const seen = "text" in reading ? parse(reading.text) : null;
  const named = typeof seen?.version === "string" && isVersion(seen.version) ? seen.version : null;
  return {
    version: named ?? DEFAULT_TEMPORAL_VERSION,
    isNamed: named !== null,
    atMs: typeof seen?.atMs === "number" ? seen.atMs : 0,
  };
}

/** Remembers the version that was asked for; null = the default one of this tool, also when that changes. */
export function writeChosenVersion(home: string, version: string | null, atMs: number): void {
  writeWhole(chosenPath(home), JSON.stringify({ version, atMs }) + "\n");
}

/** Goes back to the default. */
export function forgetChosenVersion(home: string): void {
  try {
    unlinkSync(chosenPath(home));
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw error;
  }
}

function chosenPath(home: string): string {
  return join(home, "bin", "chosen.json");
}

function parse(text: string): { version?: unknown; atMs?: unknown } | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
