import type { Flag } from "./flags.ts";
import { LocalError } from "./local_error.ts";
import { isPort } from "./settings.ts";

/** The value of a flag, checked. */
export type Value = string | number | boolean | string[];

/** What a word says that stands for yes or no; null when it is neither. */
export function readAnswer(text: string): boolean | null {
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  return /^(0|false|no|off)$/i.test(text) ? false : null;
}

/**
 * What the environment says for a flag; undefined when it says nothing.
 *
 * @throws {LocalError} `usage`
 */
export function fromEnvironment(flag: Flag, env: Readonly<Record<string, string | undefined>>): unknown {
  const value = flag.env === undefined ? undefined : env[flag.env];
  if (value === undefined || value === "") return undefined;
  if (flag.kind === "texts") return value.split(",").map((part) => part.trim()).filter((part) => part !== "");
  if (flag.kind !== "boolean") return value;
  const answer = readAnswer(value);
  if (answer === null) throw badValue(`$${flag.env}`, "1 or 0", value);
  return answer;
}

/**
 * The value that `raw` is for `flag`.
 *
 * @param written How the flag was given, for messages: `--port`, `$STIGMER_PORT`.
 * @throws {LocalError} `usage`
 */
export function checkedValue(flag: Flag, raw: unknown, written: string): Value {
  if (flag.kind === "boolean") {
    if (typeof raw === "boolean") return raw;
    throw badValue(written, "no value", raw);
  }
  if (flag.kind === "texts") {
    const texts = (Array.isArray(raw) ? raw : [raw]).map(String);
    if (texts.includes("")) throw badValue(written, flag.value ?? "a value", "");
    return texts;
  }
  if (Array.isArray(raw)) throw new LocalError("usage", `${written} is given more than once`);
  const text = String(raw);
  if (text === "") throw badValue(written, flag.value ?? "a value", text);
  if (flag.kind === "text") return text;
  const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (flag.kind === "port" && !isPort(number)) throw badValue(written, "a port from 1 to 65535", text);
  if (flag.kind === "count" && !Number.isSafeInteger(number)) throw badValue(written, "a whole number from 0", text);
  // setTimeout holds 2^31 - 1 ms, 24 days.
  if (flag.kind === "seconds" && !(number <= 2_000_000)) throw badValue(written, "a number of seconds", text);
  return number;
}

/** The error of a value that a flag does not take. */
export function badValue(written: string, wanted: string, value: unknown): LocalError {
  const got = value === "" ? "nothing was given" : `\`${value}\` was given`;
  return new LocalError("usage", `${written} takes ${wanted}: ${got}`, { facts: { flag: written, value } });
}
