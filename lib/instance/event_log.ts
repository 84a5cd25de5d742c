import { appendFileSync, closeSync, lstatSync, writeSync } from "node:fs";
import { orNull } from "../errors/system_error.ts";
import { openLog } from "../logs/open_log.ts";
import { readBounded, writeAtomically } from "../platform/files/atomic_file.ts";

/** One line of the supervisor's log: JSON with `at` (ISO 8601), `event`, and the facts of the event. */
export interface LogEvent {
  at: string;
  event: string;
  [fact: string]: unknown;
}

/**
 * Receives the supervisor's events: writes them to its log and the instance's history, and passes them to subscribers.
 */
export interface EventLog {
  /** Writes a line to the log. */
  note(event: string, facts?: Record<string, unknown>): void;
  /** Writes a line to the log and to the history. */
  transition(event: string, facts?: Record<string, unknown>): void;
  /** Calls `listener` with each later event; returns the function that unsubscribes. */
  subscribe(listener: (event: LogEvent) => void): () => void;
  close(): void;
}

/** The history is cut to its newer half when it reaches this size, in bytes. */
export const MAX_HISTORY_BYTES = 256 * 1024;

/**
 * Appends events to the log at `logPath` (`stderr` in foreground mode, null for none) and transitions to `historyPath`
 * too. Write errors (disk full, home deleted) are ignored: logging must not bring the supervisor down.
 *
 * @throws {LocalError} `home-unusable` when `logPath` is not a regular file
 */
export function openEventLog(logPath: string | "stderr" | null, historyPath: string, now: () => number): EventLog {
  const fd = logPath === "stderr" ? 2 : logPath === null ? null : openLog(logPath);
  const listeners = new Set<(event: LogEvent) => void>();
  const write = (event: string, facts: Record<string, unknown>): string => {
    const entry: LogEvent = { at: new Date(now()).toISOString(), event, ...facts };
    const line = JSON.stringify(entry) + "\n";
    if (fd !== null) orNull(() => writeSync(fd, line));
    for (const listener of listeners) listener(entry);
    return line;
  };
  return {
    note: (event, facts = {}) => void write(event, facts),
    transition: (event, facts = {}) => {
      const line = write(event, facts);
      orNull(() => appendHistory(historyPath, line));
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => {
      if (fd !== null && fd !== 2) closeSync(fd);
    },
  };
}

/** `log` for the process `name` beside Temporal: each event names it. */
export function namedLog(log: EventLog, name: string): EventLog {
  return {
    ...log,
    note: (event, facts) => log.note(event, { process: name, ...facts }),
    transition: (event, facts) => log.transition(event, { process: name, ...facts }),
  };
}

/** The instance's last transitions, as JSON lines; empty if there is no history. */
export function readHistory(path: string): string[] {
  const reading = readBounded(path, 2 * MAX_HISTORY_BYTES);
  return "text" in reading ? reading.text.split("\n").filter((line) => line !== "") : [];
}

function appendHistory(path: string, line: string): void {
  const info = lstatSync(path, { throwIfNoEntry: false });
  if (info !== undefined && !info.isFile()) return;
  if (info !== undefined && info.size + line.length > MAX_HISTORY_BYTES) {
    const kept = readHistory(path);
    writeAtomically(path, kept.slice(kept.length / 2).join("\n") + "\n");
  }
  appendFileSync(path, line, { mode: 0o600 });
}
