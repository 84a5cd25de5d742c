import { DEFAULT_TEMPORAL_VERSION, isVersion } from "../config/temporal_versions.ts";
import { systemErrorCode } from "../errors/local_error.ts";
import { readJsonFile, writeJsonFile } from "../platform/files/json_file.ts";
import { removeIfPresent } from "../platform/files/remove_if_present.ts";

/** The version that `install` selected for a home. */
export interface SelectedVersion {
  /** The version that a launch uses if neither a version nor a binary is requested. */
  version: string;
  /** Selected by its number; otherwise it is this tool's default, even if that changes. */
  isNamed: boolean;
  /** No start was requested since: the next restart switches to it. */
  isPending: boolean;
}

const MAX_BYTES = 4096;

/** The version selected in `home`. A damaged file counts as missing. */
export function readSelectedVersion(home: string): SelectedVersion {
  const { version, isPending } = readJsonFile(chosenPath(home), MAX_BYTES);
  const isNamed = typeof version === "string" && isVersion(version);
  return { version: isNamed ? version : DEFAULT_TEMPORAL_VERSION, isNamed, isPending: isPending === true };
}

/** Selects a version; null = the default. The home's `bin` must exist. */
export function writeSelectedVersion(home: string, version: string | null): void {
  writeJsonFile(chosenPath(home), { version, isPending: true });
}

/** Called for each requested start, whatever it runs: later restarts keep its version. */
export function settleSelectedVersion(home: string): void {
  const { version, isNamed, isPending } = readSelectedVersion(home);
  if (!isPending) return;
  try {
    writeJsonFile(chosenPath(home), { version: isNamed ? version : null, isPending: false });
  } catch (error) {
    // A full disk must not prevent the launch; the next restart then switches to it again.
    if (systemErrorCode(error) === undefined) throw error;
  }
}

/** Selects the default again. */
export function forgetSelectedVersion(home: string): void {
  removeIfPresent(chosenPath(home));
}

function chosenPath(home: string): string {
  return `${home}/bin/chosen.json`;
}
