import { LocalError } from "../../errors/local_error.ts";
import { shellWord } from "../../text/shell_word.ts";
import { formatDuration, formatSize, readDuration, readSize } from "../../text/units.ts";
import { type ConfigNode, plainValue } from "../file/config_node.ts";
import { fileFault } from "../file/file_fault.ts";
import { parseJson } from "../../text/json_value.ts";
import { isPort } from "../settings.ts";
import { dynamicValue, ONE_VALUE } from "./dynamic_value.ts";
import { type Flag, isRepeatable } from "./flag.ts";
import { type SettingSource, sourceName } from "./setting_source.ts";

/** The checked value of a flag. */
export type Value = string | number | boolean | string[];

/** A requested value, and its source. */
export interface OptionValue {
  value: Value;
  source: SettingSource;
}

/** Parses a boolean: 1, true, yes or on, and their opposites; null for anything else. */
export function readAnswer(text: string): boolean | null {
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  return /^(0|false|no|off)$/i.test(text) ? false : null;
}

/**
 * The value of a flag in the environment; undefined if it is not set or empty.
 *
 * @throws {LocalError} `usage`
 */
export function fromEnvironment(flag: Flag, env: Readonly<Record<string, string | undefined>>): unknown {
  const value = flag.env === undefined ? undefined : env[flag.env];
  if (value === undefined || value === "") return undefined;
  const parts = (separator: RegExp) => value.split(separator).map((part) => part.trim()).filter((part) => part !== "");
  switch (flag.kind) {
    case "texts":
      return parts(flag.setting === "extraArgs" ? /\s+/ : /,/);
    case "pairs":
      return parts(/,/);
    case "jsonPairs":
      return parts(/,(?=\s*[\w.-]+=)/); // other commas are JSON's
    case "boolean": {
      const answer = readAnswer(value);
      if (answer === null) throw badValue({ kind: "environment", name: flag.env! }, WANTED.boolean, value);
      return answer;
    }
    default:
      return value;
  }
}

/**
 * The value of a flag in `node` of `config.yaml`.
 *
 * @throws {LocalError} `usage`
 */
export function fromConfig(flag: Flag, node: ConfigNode, source: SettingSource): unknown {
  const wrong = () => badValue(source, WANTED[flag.kind], JSON.stringify(plainValue(node)));
  if ("items" in node) {
    if (!isRepeatable(flag)) throw wrong();
    return node.items.map((item) => {
      if (!("value" in item) || item.value === null) throw wrong();
      return item.text;
    });
  }
  if ("entries" in node) {
    if (flag.kind !== "pairs" && flag.kind !== "jsonPairs") throw wrong();
    return node.entries.map(({ key, line, node: item }) => {
      if (flag.kind === "jsonPairs") return `${key}=${JSON.stringify(dynamicValueOf(key, line, item, source))}`;
      if (!("value" in item) || item.value === null) throw wrong();
      return `${key}=${item.text}`;
    });
  }
  if (flag.kind !== "boolean") return isRepeatable(flag) ? [node.text] : node.text;
  const answer = typeof node.value === "boolean" ? node.value : readAnswer(node.text);
  if (answer === null) throw wrong();
  return answer;
}

/** @throws {LocalError} `usage` with the line of the key */
function dynamicValueOf(key: string, line: number, node: ConfigNode, source: SettingSource): unknown {
  const value = plainValue(node);
  const found = dynamicValue(value);
  if (found !== null) return found.value;
  const place = source.kind === "file" ? { ...source, line, key: `${source.key}.${key}` } : source;
  throw badValue(place, ONE_VALUE, JSON.stringify(value));
}

const WANTED: Record<Flag["kind"], string> = {
  boolean: "true or false",
  text: "a string",
  texts: "a list of strings",
  pairs: "keys and values",
  jsonPairs: "keys and values",
  port: "a port from 1 to 65535",
  seconds: "a number of seconds",
  duration: "a duration such as 90s or 5m",
  size: "a size such as 10MB",
  count: "a non-negative integer",
};

/**
 * Checks and converts the value `raw` of `flag`.
 *
 * @param source For messages.
 * @throws {LocalError} `usage`
 */
export function checkedValue(flag: Flag, raw: unknown, source: SettingSource): Value {
  refuseNul(raw, source);
  if (flag.kind === "boolean") {
    if (typeof raw === "boolean") return raw;
    throw badValue(source, WANTED.boolean, raw);
  }
  if (isRepeatable(flag)) {
    const texts = (Array.isArray(raw) ? raw : [raw]).map(String);
    if (texts.includes("")) throw badValue(source, flag.value ?? "a value", "");
    return flag.kind === "texts" ? texts : texts.map((text) => checkedPair(flag, text, source));
  }
  if (Array.isArray(raw)) throw new LocalError("usage", `${sourceName(source)} was given more than once`);
  const text = String(raw);
  if (text === "") throw badValue(source, flag.value ?? "a value", text);
  if (flag.mayBeAuto === true && text === "auto") return text;
  if (flag.kind === "text") return checkedChoice(flag, text, source);
  return checkedNumber(flag, text, source);
}

function checkedNumber(flag: Flag, text: string, source: SettingSource): number {
  const number = numberFrom(flag, text);
  const wanted = WANTED[flag.kind];
  if (!isInRange(flag.kind, number)) {
    throw badValue(source, flag.mayBeAuto === true ? `${wanted}, or auto` : wanted, text);
  }
  const { atLeast = 0 } = flag;
  if (number < atLeast) throw badValue(source, `${wanted}, at least ${formatValue(flag, atLeast)}`, text);
  return number;
}

function isInRange(kind: Flag["kind"], number: number): boolean {
  if (kind === "port") return isPort(number);
  if (kind === "count") return Number.isSafeInteger(number);
  return number <= (kind === "size" ? Infinity : 2_000_000); // the maximum of setTimeout is 2^31 - 1 ms, 24 days
}

/**
 * Refuses NUL characters: arguments and paths of other programs end at the first one.
 *
 * @throws {LocalError} `usage`
 */
export function refuseNul(raw: unknown, source: SettingSource): void {
  if (![raw].flat().some((each) => String(each).includes("\0"))) return;
  throw badValue(source, "text without a NUL character", JSON.stringify(raw));
}

function numberFrom(flag: Flag, text: string): number {
  if (flag.kind === "duration") return readDuration(text) ?? NaN;
  if (flag.kind === "size") return readSize(text) ?? NaN;
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
}

/** Formats `value` in the syntax of flags. */
export function formatValue(flag: Flag, value: Value): string {
  if (flag.kind === "duration") return formatDuration(Number(value));
  if (flag.kind === "size") return formatSize(Number(value));
  return Array.isArray(value) ? value.join(", ") : String(value);
}

function checkedPair(flag: Flag, text: string, source: SettingSource): string {
  const at = text.indexOf("=");
  if (at < 1 || at === text.length - 1) throw badValue(source, flag.value ?? "KEY=VALUE", text);
  const [key, value] = [text.slice(0, at), text.slice(at + 1)];
  if (flag.kind === "jsonPairs") return checkedJsonPair(flag, key, value, source);
  return flag.choices === undefined ? text : `${key}=${checkedChoice(flag, value, source)}`;
}

function checkedJsonPair(flag: Flag, key: string, value: string, source: SettingSource): string {
  const given = parseJson(value);
  if (given === undefined) {
    const example = `${key}="some text"`;
    const typed = source.kind === "file" ? example : shellWord(example); // a shell would remove the quotes
    throw badValue(source, `${flag.value}, with strings in quotes (${typed})`, `${key}=${value}`);
  }
  const found = dynamicValue(given);
  if (found === null) throw badValue(source, ONE_VALUE, `${key}=${value}`);
  return `${key}=${found.value === given ? value : JSON.stringify(found.value)}`;
}

/** The matching choice, ignoring case; nearly all readers of these words do, too. */
function checkedChoice(flag: Flag, text: string, source: SettingSource): string {
  if (flag.choices === undefined) return text;
  const choice = flag.choices.find((each) => each.toLowerCase() === text.toLowerCase());
  if (choice === undefined) throw badValue(source, `one of ${flag.choices.join(", ")}`, text);
  return choice;
}

/** The error for a value that the option in `source` does not accept. */
export function badValue(source: SettingSource, wanted: string, value: unknown): LocalError {
  const name = source.kind === "file" ? `\`${source.key}\`` : sourceName(source);
  const fault = value === "" ? `${name} requires a value` : `Invalid value \`${value}\` for ${name}`;
  const what = `${fault}: expected ${wanted}`;
  if (source.kind !== "file") return new LocalError("usage", what, { facts: { flag: name, value } });
  const { path, line, key } = source;
  return fileFault({ path, line, key, value }, what);
}
