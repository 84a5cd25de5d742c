import { LocalError } from "../../errors/local_error.ts";
import { isVersion, withoutV } from "../temporal_versions.ts";
import { badValue, type OptionValue } from "./flag_values.ts";
import { rankOf, sourceName } from "./setting_source.ts";

/** The requested binary: by path, by version, or neither. */
export interface PickedBinary {
  temporalBin: string | null;
  temporalVersion: string | null;
}

/** In place of a version for `install`: the newest release. */
export const LATEST = "latest";

/**
 * The binary that `temporal-bin` or `version` selects. The source with the higher precedence wins: flag, environment,
 * project file, `config.yaml`.
 *
 * @param isInstall The flag may be {@linkcode LATEST}, which counts as none.
 * @throws {LocalError} `usage` for an invalid version, and for both at once
 */
export function pickBinary(options: ReadonlyMap<string, OptionValue>, isInstall = false): PickedBinary {
  const version = options.get("version");
  const binary = options.get("temporal-bin");
  const path = binary === undefined ? null : String(binary.value);
  if (version === undefined) return { temporalBin: path, temporalVersion: null };
  if (isInstall && version.source.kind === "flag" && version.value === LATEST) {
    return { temporalBin: null, temporalVersion: null };
  }
  const temporalVersion = withoutV(String(version.value));
  if (!isVersion(temporalVersion)) {
    throw badValue(version.source, "a version such as 1.8.2", version.value);
  }
  const more = binary === undefined ? -1 : rankOf(binary.source) - rankOf(version.source);
  if (more < 0) return { temporalBin: null, temporalVersion };
  // In the environment both may be set for good reasons, since many commands share it.
  if (more === 0 && binary!.source.kind !== "environment") {
    throw new LocalError(
      "usage",
      `${sourceName(version.source)} and ${sourceName(binary!.source)} both select a binary`,
      { hint: "Use only one of them" },
    );
  }
  return { temporalBin: path, temporalVersion: null };
}
