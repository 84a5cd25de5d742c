import { LocalError } from "../../errors/local_error.ts";
import { isVersion } from "../temporal_versions.ts";
import { badValue, type OptionValue } from "./flag_values.ts";
import { rankOf, sourceName } from "./setting_source.ts";

/** The binary that was asked for: by its path, by its version, or not at all. */
export interface PickedBinary {
  temporalBin: string | null;
  temporalVersion: string | null;
}

/**
 * The binary that `temporal-bin` and `version` name in two ways. The one that counts more wins: a flag over the
 * environment, that over `config.yaml`.
 *
 * @throws {LocalError} `usage` for what is no version, and for both at once
 */
export function pickBinary(options: ReadonlyMap<string, OptionValue>): PickedBinary {
  const version = options.get("version");
  const binary = options.get("temporal-bin");
  const path = binary === undefined ? null : String(binary.value);
  if (version === undefined) return { temporalBin: path, temporalVersion: null };
  const temporalVersion = String(version.value).replace(/^v(?=\d)/, "");
  if (!isVersion(temporalVersion)) {
    throw badValue(sourceName(version.source), "a version such as 1.5.1", version.value, version.source);
  }
  const more = binary === undefined ? -1 : rankOf(binary.source) - rankOf(version.source);
  if (more < 0) return { temporalBin: null, temporalVersion };
  // One environment serves many commands; a flag, or a line in a file, is written for this one.
  if (more === 0 && binary!.source.kind !== "environment") {
    throw new LocalError(
      "usage",
      `${sourceName(version.source)} and ${sourceName(binary!.source)} both name a binary`,
      { hint: "Give one of them" },
    );
  }
  return { temporalBin: path, temporalVersion: null };
}
