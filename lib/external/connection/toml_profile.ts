import { readFileSync } from "node:fs";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import { isMissing } from "../../errors/system_error.ts";
import { type ClientProfile, profileFromToml } from "./profile.ts";

/** A profile and its file, and whether the user named them. */
export interface ProfileChoice {
  /** Absolute. */
  path: string;
  isPathExplicit: boolean;
  name: string;
  isNameExplicit: boolean;
}

/** Temporal's name of the default profile. */
export const DEFAULT_PROFILE = "default";

/**
 * Reads the chosen profile of Temporal's `temporal.toml`; an empty one if neither file nor profile exists and the user named
 * none.
 *
 * @throws {LocalError} `usage` if the file cannot be read or is not TOML, or the profile does not exist
 */
export async function readProfile(choice: ProfileChoice): Promise<ClientProfile> {
  const { path, name } = choice;
  const text = readConfigFile(choice);
  const profile = text === null ? null : profileFromToml(await parseToml(text, path), name, path);
  if (profile !== null) return profile;
  if (!choice.isNameExplicit) return {};
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
  const text = readConfigFile({ path, isPathExplicit: false, isNameExplicit: false });
  const document = text === null ? null : await parseToml(text, path);
  return Object.keys((document as { profile?: object } | null)?.profile ?? {});
}

function readConfigFile({ path, isPathExplicit, isNameExplicit }: Omit<ProfileChoice, "name">): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = systemErrorCode(error);
    // Temporal's tools treat a missing file as empty; we do not if the user named it.
    if (isMissing(error) && !isPathExplicit && !isNameExplicit) return null;
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
