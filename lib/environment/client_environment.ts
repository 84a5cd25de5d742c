import type { Status } from "../instance/status/status.ts";
import { shellWord } from "../text/shell_word.ts";

/**
 * What a client needs to find an instance, as the variables that Temporal's SDKs and command-line tool read.
 *
 * @param hasProfiles Whether there is a `temporal.toml`. Its profile `default` is read whatever the variables say, and an
 * API key or TLS in it would make a client speak TLS to a server that does not: so the file is exchanged for an empty one.
 */
export function clientEnvironment(
  status: Pick<Status, "address" | "namespace" | "uiUrl">,
  hasProfiles: boolean,
): Record<string, string> {
  return {
    TEMPORAL_ADDRESS: status.address,
    TEMPORAL_NAMESPACE: status.namespace,
    ...(status.uiUrl === null ? {} : { TEMPORAL_UI_URL: status.uiUrl }),
    ...(hasProfiles ? { TEMPORAL_CONFIG_FILE: "/dev/null" } : {}),
  };
}

/** Variables that a command is to find, and those that it must not: null. */
export type EnvironmentChange = Readonly<Record<string, string | null>>;

/**
 * What of the caller's `env` says how to reach some Temporal, taken away: a client that is handed one connection would
 * mix it with another one, and speak TLS to a server that does not, say.
 */
export function withoutConnection(env: Readonly<Record<string, string | undefined>>): Record<string, null> {
  return Object.fromEntries(Object.keys(env).filter((name) => CONNECTION.test(name)).map((name) => [name, null]));
}

/** Temporal's names and former names (`client_profile.ts`), those that pick a profile, and the one that is ours. */
const CONNECTION = /^TEMPORAL_(ADDRESS|NAMESPACE|UI_URL|API_KEY|TLS|TLS_.+|GRPC_META_.+|PROFILE|CONFIG_FILE|ENV)$/;

/** The variables of `change` that are to be found. */
export function variablesSet(change: EnvironmentChange): Record<string, string> {
  return Object.fromEntries(Object.entries(change).filter((entry): entry is [string, string] => entry[1] !== null));
}

/** How variables are written down. */
export type EnvironmentFormat = "sh" | "fish" | "dotenv";

/** `variables` as lines for a shell's `eval`, or of a `.env` file; null takes a variable away, where that can be said. */
export function renderEnvironment(
  variables: Readonly<Record<string, string | null>>,
  format: EnvironmentFormat,
): string {
  const line = ([name, value]: [string, string | null]) => {
    if (value === null) return { sh: `unset ${name}\n`, fish: `set -e ${name};\n`, dotenv: "" }[format];
    switch (format) {
      case "sh":
        return `export ${name}=${shellWord(value)}\n`;
      case "fish":
        return `set -gx ${name} '${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}';\n`;
      case "dotenv":
        return `${name}=${dotenvValue(value)}\n`;
    }
  };
  return Object.entries(variables).map(line).join("");
}

/** What stands in single quotes is taken as it is by all that read such files; line breaks are only had as `\n` in double ones. */
function dotenvValue(value: string): string {
  if (/^[\w.:/@-]*$/.test(value)) return value;
  if (/[\r\n]/.test(value)) return JSON.stringify(value);
  const quote = ["'", "`"].find((each) => !value.includes(each));
  return quote === undefined ? JSON.stringify(value) : quote + value + quote;
}
