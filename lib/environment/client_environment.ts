import type { CommandContext } from "../cli/context.ts";
import { shellWord } from "../text/shell_word.ts";

/** Variables to set for a command; null = unset. */
export type EnvironmentChange = Readonly<Record<string, string | null>>;

/**
 * Unsets the variables of the caller's `env` that describe a connection to Temporal: a client would mix them with the
 * connection that it is given, for example speak TLS to a plaintext server.
 */
export function withoutConnection(env: Readonly<Record<string, string | undefined>>): Record<string, null> {
  return Object.fromEntries(Object.keys(env).filter((name) => CONNECTION.test(name)).map((name) => [name, null]));
}

/** Temporal's current and former names (`client_profile.ts`), those that select a profile, and our own TEMPORAL_UI_URL. */
const CONNECTION = /^TEMPORAL_(ADDRESS|NAMESPACE|UI_URL|API_KEY|TLS|TLS_.+|GRPC_META_.+|PROFILE|CONFIG_FILE|ENV)$/;

/** The variables that `change` sets, without those that it unsets. */
export function variablesSet(change: EnvironmentChange): Record<string, string> {
  return Object.fromEntries(Object.entries(change).filter((entry): entry is [string, string] => entry[1] !== null));
}

/** The syntax in which variables are printed. */
type EnvironmentFormat = "sh" | "fish" | "dotenv";

/** Prints what `change` sets, and in the syntax of a shell also what it unsets. */
export async function answerEnvironment(context: CommandContext, change: EnvironmentChange): Promise<void> {
  await context.answer(variablesSet(change), () => renderEnvironment(change, formatOf(context)));
}

/** The syntax to print variables in: what `--dotenv` or `--shell` says, else that of $SHELL. */
function formatOf({ host, invocation: { commandOptions } }: CommandContext): EnvironmentFormat {
  if (commandOptions["dotenv"] === true) return "dotenv";
  const shell = commandOptions["shell"] ?? host.env["SHELL"]?.split("/").at(-1);
  return shell === "fish" ? "fish" : "sh";
}

/** `variables` as lines for a shell's `eval` or a `.env` file; null unsets a variable, which `.env` files cannot express. */
export function renderEnvironment(variables: EnvironmentChange, format: EnvironmentFormat): string {
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

/** Every reader of `.env` files takes single-quoted text literally; line breaks need `\n` in double quotes. */
function dotenvValue(value: string): string {
  if (/^[\w.:/@-]*$/.test(value)) return value;
  if (/[\r\n]/.test(value)) return JSON.stringify(value);
  const quote = ["'", "`"].find((each) => !value.includes(each));
  return quote === undefined ? JSON.stringify(value) : quote + value + quote;
}
