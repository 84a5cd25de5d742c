import { printableLine } from "../text/printable.ts";
import { logDocument } from "./log_document.ts";

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
  // As Temporal reports a failed command from 1.6 on; before, it logged it.
  if (line.startsWith("Error: ")) return unwrapped(line.slice("Error: ".length));
  const { level, message } = logDocument(line);
  if (level === null) return line;
  return level === "error" ? unwrapped(message) : null;
}

/** Removes the chain of failed constructors (`could not build … (…/fx.go:825): …`), whose innermost cause is last. */
function unwrapped(message: string): string {
  return message.replace(/^failed starting server: /, "").replace(/^.*\.(?:go|s):\d+\):?\s+/s, "").replace(
    /^.*\.go:\d+:\s+/s,
    "",
  );
}

/** A message as one line, of 300 characters at most. */
export function clip(text: string): string {
  return printableLine(text.replace(/\s+/g, " "), 300);
}
