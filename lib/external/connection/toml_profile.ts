import { readFileSync } from "node:fs";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import { type ClientProfile, profileFromToml } from "./profile.ts";

/** Which profile of which file, and whether a person asked for either by name. */
export interface ProfileChoice {
  /** Absolute. */
  path: string;
  isPathAsked: boolean;
  name: string;
  isNameAsked: boolean;
}

/** Temporal's own name for the profile that nobody asked for. */
export const DEFAULT_PROFILE = "default";

/**
 * The profile of Temporal's `temporal.toml` that was chosen; an empty one where nobody asked for any and none is there.
 *
 * @throws {LocalError} `usage`, when the file can't be read or is no TOML, or there is no such profile
 */
export async function readProfile(choice: ProfileChoice): Promise<ClientProfile> {
  const { path, name } = choice;
  const text = readConfigFile(choice);
  const profile = text === null ? null : profileFromToml(await parseToml(text, path), name, path);
  if (profile !== null) return profile;
  if (!choice.isNameAsked) return {};
  throw new LocalError("usage", `There is no profile \`${name}\` in ${path}`, {
    hint: "`temporal config list` shows what there is; --config-file or $TEMPORAL_CONFIG_FILE names another file",
    facts: { profile: name, path },
  });
}

function readConfigFile({ path, isPathAsked, isNameAsked }: ProfileChoice): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = systemErrorCode(error);
    // Temporal's own tools take a file that is not there for an empty one; who names it means it.
    if ((code === "ENOENT" || code === "ENOTDIR") && !isPathAsked && !isNameAsked) return null;
    if (code === undefined) throw error;
    throw new LocalError("usage", `Temporal's client configuration ${path} can't be read (${code})`, {
      hint: "--config-file or $TEMPORAL_CONFIG_FILE names another file",
      facts: { path, code },
      cause: error,
    });
  }
}

/** The parser's own message quotes the line, which may hold an API key: only its place is told, and no cause is kept. */
async function parseToml(text: string, path: string): Promise<unknown> {
  const { parse, TomlError } = await import("smol-toml");
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new LocalError("usage", `${path}:${error.line}:${error.column}: this is no TOML`, {
      hint: "`temporal config list` reads the same file",
      facts: { path, line: error.line, column: error.column },
    });
  }
}
