import { unlinkSync } from "node:fs";
import { DEFAULT_TEMPORAL_VERSION, isVersion } from "../config/temporal_versions.ts";
import { systemErrorCode } from "../errors/local_error.ts";
import { readBounded, writeAtomically } from "../platform/files/atomic_file.ts";

/** What `install` was last asked for in a home. */
export interface SelectedVersion {
  /** What a launch runs that is asked for no version and no binary. */
  version: string;
  /** It was asked for by its number; else it is the default of this tool, also when that changes. */
  isNamed: boolean;
  /** No launch was asked for since: the next restart moves to it. */
  isPending: boolean;
}

const MAX_BYTES = 4096;

/** The version that was chosen in `home`. A file that is damaged counts as none. */
export function readSelectedVersion(home: string): SelectedVersion {
  const reading = readBounded(chosenPath(home), MAX_BYTES);
  const seen = "text" in reading ? parse(reading.text) : null;
  const named = typeof seen?.version === "string" && isVersion(seen.version) ? seen.version : null;
  return {
    version: named ?? DEFAULT_TEMPORAL_VERSION,
    isNamed: named !== null,
    isPending: seen?.isPending === true,
  };
}

/** Chooses a version; null = the default one. `home` has its `bin`. */
export function writeSelectedVersion(home: string, version: string | null): void {
  write(home, { version, isPending: true });
}

/** To be called when a launch is asked for, whatever it runs: from here on a restart keeps that. */
export function settleSelectedVersion(home: string): void {
  const { version, isNamed, isPending } = readSelectedVersion(home);
  if (!isPending) return;
  try {
    write(home, { version: isNamed ? version : null, isPending: false });
  } catch (error) {
    // A full disk is no reason not to launch: the next restart moves to it once more.
    if (systemErrorCode(error) === undefined) throw error;
  }
}

/** Goes back to the default. */
export function forgetSelectedVersion(home: string): void {
  try {
    unlinkSync(chosenPath(home));
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw error;
  }
}

function write(home: string, chosen: { version: string | null; isPending: boolean }): void {
  writeAtomically(chosenPath(home), JSON.stringify(chosen) + "\n");
}

function chosenPath(home: string): string {
  return `${home}/bin/chosen.json`;
}

function parse(text: string): { version?: unknown; isPending?: unknown } | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
