/**
 * The last significant message of Temporal, without timestamps, usage text and the wrapping of its start-up framework;
 * empty if there is none.
 */
export function lastWords(output: string): string {
  return clip(messagesOf(output).at(-1) ?? "");
}

/** The lines of weight, oldest first: errors of its log, as plain text, and what is no log line at all. */
export function messagesOf(output: string): string[] {
  return withoutUsage(output).flatMap((line) => messageOf(line.trim()) || []);
}

/** The last lines of Temporal's output, without the long usage text that it prints for an unknown flag. */
export function withoutUsage(output: string): string[] {
  let isUsage = false;
  return output.split("\n").slice(-400).filter((line) => {
    if (line.startsWith("Usage:")) isUsage = true;
    else if (!/^(\s|$)/.test(line) && !/^(Flags|Global Flags):/.test(line)) isUsage = false;
    return !isUsage;
  });
}

/** The message of a line; null for log entries below ERROR. */
function messageOf(line: string): string | null {
  if (line.startsWith("{")) {
    const entry = parseJson(line);
    if (entry !== null) return entry.level === "ERROR" ? unwrapped(String(entry.msg ?? "")) : null;
  }
  // As Temporal reports a failed command from 1.6 on; before, it logged it.
  if (line.startsWith("Error: ")) return unwrapped(line.slice("Error: ".length));
  const level = /^time=\S+ level=(\S+) msg=/.exec(line);
  if (level === null) return line;
  if (level[1] !== "ERROR") return null;
  const rest = line.slice(level[0].length);
  const quoted = /^"(?:[^"\\]|\\.)*"/.exec(rest)?.[0];
  return unwrapped(quoted === undefined ? rest.split(" ")[0] ?? "" : unquoted(quoted));
}

function parseJson(line: string): { level?: unknown; msg?: unknown } | null {
  try {
    return JSON.parse(line) as { level?: unknown; msg?: unknown };
  } catch {
    return null;
  }
}

/** Go's quoting (strconv.Quote) equals JSON's, except a few rare escapes. */
function unquoted(quoted: string): string {
  return String(
    parseJson(`{"msg":${quoted.replace(/\\[av]/g, " ").replace(/\\x(..)/g, "\\u00$1")}}`)?.msg ?? quoted.slice(1, -1),
  );
}

/** Removes the chain of failed constructors (`could not build … (…/fx.go:825): …`), whose innermost cause is last. */
function unwrapped(message: string): string {
  return message.replace(/^failed starting server: /, "").replace(/^.*\.(?:go|s):\d+\):?\s+/s, "").replace(
    /^.*\.go:\d+:\s+/s,
    "",
  );
}

export function clip(text: string): string {
  const oneLine = text.replace(/\s+/g, " ").trim();
  return oneLine.length > 300 ? `${oneLine.slice(0, 299)}…` : oneLine;
}
