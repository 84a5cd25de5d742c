import { readFileSync } from "node:fs";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import { isMissing } from "../../errors/system_error.ts";
import { type ClientProfile, profileFromToml } from "./profile.ts";

/** The profile that our settings or Temporal's variables name, and the absolute path of its file; null = not named. */
export interface RequestedProfile {
  name: string | null;
  path: string | null;
}

/** Temporal's name of the profile that counts where none is named. */
const DEFAULT_PROFILE = "default";

/**
 * Reads the requested profile of Temporal's `temporal.toml`; an empty one if neither file nor profile exists and none is
 * named.
 *
 * @param defaultPath The file that counts where none is named; null = none.
 * @throws {LocalError} `usage` if the file cannot be read or is not TOML, or the profile does not exist
 */
export async function readProfile(requested: RequestedProfile, defaultPath: string | null): Promise<ClientProfile> {
  const { name } = requested;
  const path = requested.path ?? defaultPath;
  if (path === null) return {};
  const text = readConfigFile(path, requested.path !== null || name !== null);
  const profile = text === null ? null : profileFromToml(await parseToml(text, path), name ?? DEFAULT_PROFILE, path);
  if (profile !== null) return profile;
  if (name === null) return {};
  throw new LocalError("usage", `Profile \`${name}\` not found in ${path}`, {
    hint: "`temporal config list` lists profiles; use --config-file or $TEMPORAL_CONFIG_FILE for another file",
    facts: { profile: name, path },
  });
}

/**
 * The names of the profiles in the `temporal.toml` at `path`; none if the file does not exist.
 *
 * @throws {LocalError} `usage` if the file cannot be read or is not TOML
 */
export async function profileNames(path: string): Promise<string[]> {
  const text = readConfigFile(path, false);
  const document = text === null ? null : await parseToml(text, path);
  return Object.keys((document as { profile?: object } | null)?.profile ?? {});
}

/** Null for a missing file, which Temporal's tools treat as empty; we do not if it `isNeeded`, because the user named it. */
function readConfigFile(path: string, isNeeded: boolean): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = systemErrorCode(error);
    if (isMissing(error) && !isNeeded) return null;
    if (code === undefined) throw error;
    throw new LocalError("usage", `Cannot read Temporal's client configuration ${path} (${code})`, {
      hint: "Use --config-file or $TEMPORAL_CONFIG_FILE for another file",
      facts: { path, code },
      cause: error,
    });
  }
}

/** Reports only the position of an error: the parser's message quotes the line, which may contain an API key. */
async function parseToml(text: string, path: string): Promise<unknown> {
  const { parse, TomlError } = await import("smol-toml");
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new LocalError("usage", `${path}:${error.line}:${error.column}: Invalid TOML`, {
      hint: "`temporal config list` reads the same file",
      facts: { path, line: error.line, column: error.column },
    });
  }
}
