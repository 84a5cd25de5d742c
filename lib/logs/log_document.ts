import { isObject, parseJson } from "../text/json_value.ts";
import { lineTimeMs } from "./log_lines.ts";

/** A line of a log as one JSON document. */
export interface LogDocument {
  /** ISO 8601, in UTC; null for a line without a time: a stack trace, what a library prints. */
  time: string | null;
  /** In lower case: `error`, `warn` …; null for a line without a level. */
  level: string | null;
  message: string;
  /** The rest of the line, by name. Values of Temporal's text log are texts, those of a log in JSON as they are there. */
  fields: Record<string, unknown>;
}

/** The parts that both forms of Temporal's log, and the supervisor's, name differently. */
const TIMES = ["time", "at", "ts"];
const MESSAGES = ["msg", "message", "event"];

/** Reads a line of Temporal's log, in text or JSON, or of the supervisor's. */
export function logDocument(line: string): LogDocument {
  const parts = line.startsWith("{") ? jsonParts(line) : /^time=\S/.test(line) ? textParts(line) : null;
  if (parts === null) return { time: null, level: null, message: line, fields: {} };
  const take = (...names: string[]): string | null => {
    const name = names.find((each) => typeof parts[each] === "string");
    if (name === undefined) return null;
    const value = String(parts[name]);
    delete parts[name];
    return value;
  };
  const atMs = lineTimeMs(line);
  const time = take(...TIMES);
  const level = take("level")?.toLowerCase() ?? null;
  const message = take(...MESSAGES) ?? "";
  return { time: atMs === null ? time : new Date(atMs).toISOString(), level, message, fields: parts };
}

/** The parts of a JSON object; null if it is none, as a line that a full disk cut off. */
function jsonParts(line: string): Record<string, unknown> | null {
  const parts = parseJson(line);
  return isObject(parts) ? parts : null;
}

/** `key=value` or `key="value"`, as Go's slog.TextHandler writes them. */
const PART = /([^\s="]+)=("(?:[^"\\]|\\.)*"|\S*)/g;

function textParts(line: string): Record<string, unknown> {
  return Object.fromEntries([...line.matchAll(PART)].map(([, key, value]) => [key!, unquoted(value!)]));
}

/** Undoes Go's strconv.Quote, which has more escapes than JSON. */
function unquoted(value: string): string {
  if (!value.startsWith('"')) return value;
  const hex = value.replaceAll(/\\(?:x([0-9a-fA-F]{2})|(\\)|([av]))/g, (whole, code, backslash, letter) => {
    if (backslash !== undefined) return whole;
    return `\\u00${code ?? (letter === "a" ? "07" : "0b")}`;
  });
  return (parseJson(hex) as string | undefined) ?? value;
}
