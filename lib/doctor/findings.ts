import { logDocument } from "../logs/log_document.ts";
import { lineLevel, lineTimeMs } from "../logs/log_lines.ts";
import { formatBytes } from "../text/byte_size.ts";
import { printableLine } from "../text/printable.ts";
import { quotedIfNeeded, shellWord } from "../text/shell_word.ts";

/** The result of a check: passed, warning or failed. */
export type CheckState = "ok" | "warn" | "fail";

/** One check in the report of `doctor`. */
export interface DoctorCheck {
  name: string;
  state: CheckState;
  /** What was found, and why it is a problem. */
  detail: string;
  /** How to fix it, usually a command. */
  remedy?: string;
  /** `--fix` has fixed it. */
  fixed?: true;
}

/** The report of `doctor`. */
export interface DoctorReport {
  schema: 1;
  /** No check failed. */
  ok: boolean;
  home: string;
  checks: DoctorCheck[];
}

/** A problem that a check found. */
export interface Finding {
  state: "warn" | "fail";
  detail: string;
  remedy?: string | undefined;
  /** Fixes it safely; rejects if it cannot. */
  fix?: Fix | undefined;
}

type Fix = () => void | Promise<void>;

/** A problem because of which a start or Temporal fails. */
export function failed(detail: string, remedy?: string, fix?: Fix): Finding {
  return { state: "fail", detail, remedy, fix };
}

/** A problem with which Temporal still works. */
export function warning(detail: string, remedy?: string, fix?: Fix): Finding {
  return { state: "warn", detail, remedy, fix };
}

/** A check with its fix. */
export interface Diagnosis extends DoctorCheck {
  fix?: Fix;
}

/** Combines the findings of a check, failures first; `detail` is for a check without findings. */
export function diagnose(name: string, findings: readonly Finding[], detail = ""): Diagnosis {
  if (findings.length === 0) return { name, state: "ok", detail };
  const sorted = [...findings].sort((a, b) => Number(b.state === "fail") - Number(a.state === "fail"));
  const remedies = [...new Set(sorted.flatMap(({ remedy }) => remedy ?? []))];
  const fixes = sorted.flatMap(({ fix }) => fix ?? []);
  return {
    name,
    state: sorted[0]!.state,
    detail: sorted.map((finding) => finding.detail).join("; "),
    ...(remedies.length === 0 ? {} : { remedy: remedies.join("; ") }),
    // Only offered if it fixes all findings: otherwise the check still fails afterwards.
    ...(fixes.length < sorted.length ? {} : {
      fix: async () => {
        for (const fix of fixes) await fix();
      },
    }),
  };
}

/** Below this, SQLite and the log can fill the disk within hours. */
const LEAST_FREE_BYTES = 100e6;
const SCARCE_FREE_BYTES = 1e9;

/** Judges the free space of the file system at `path`. */
export function judgeSpace(path: string, freeBytes: number, freeFiles: number, files: number): Finding[] {
  const remedy = `df -h ${shellWord(path)}`;
  const findings: Finding[] = [];
  if (freeBytes < SCARCE_FREE_BYTES) {
    const state = freeBytes < LEAST_FREE_BYTES ? "fail" : "warn";
    findings.push({ state, detail: `only ${formatBytes(freeBytes)} free at ${path}`, remedy });
  }
  // File systems without such a limit (btrfs) report 0 of 0.
  if (files > 0 && freeFiles < 1000) {
    const detail = `only ${freeFiles} inodes free at ${path}`;
    findings.push({ state: freeFiles < 50 ? "fail" : "warn", detail, remedy: `df -i ${shellWord(path)}` });
  }
  return findings;
}

/** Earlier than the first release: the clock must be wrong. */
const EARLIEST_NOW_MS = Date.parse("2025-01-01");
/** Tolerated difference to clocks of file servers, in ms. */
const AHEAD_MS = 120_000;

/** Judges the clock by timestamps that must be in the past. */
export function judgeClock(nowMs: number, past: Readonly<Record<string, number | null>>): Finding[] {
  const remedy = "Set the clock (timedatectl status)";
  if (nowMs < EARLIEST_NOW_MS) {
    return [failed(`the clock is wrong: ${new Date(nowMs).toISOString()}`, remedy)];
  }
  return Object.entries(past).flatMap(([what, atMs]) => {
    if (atMs === null || atMs <= nowMs + AHEAD_MS) return [];
    const ahead = Math.round((atMs - nowMs) / 1000);
    return [warning(`${what} is ${ahead} s in the future: the clock was set back`, remedy)];
  });
}

/** Errors that Temporal logs during a normal stop. */
const USUAL =
  /context canceled|shutting down|server is not accepting connections|Not enough hosts to serve the request/;
/** Errors that Temporal logs while it starts. */
const USUAL_AT_START = /shard status unknown/i;
/** How long after its start Temporal logs {@linkcode USUAL_AT_START}, in ms. */
const STARTING_MS = 60_000;
/** After a COMMIT failed on another program's lock, the connection stays in that transaction forever. */
const STUCK = "cannot start a transaction within a transaction";

/**
 * Judges the log lines of the last hour.
 *
 * @param startedAtMs When the running Temporal was started; null = not running.
 */
export function judgeLog(lines: readonly string[], startedAtMs: number | null): Finding[] {
  const isStarting = (line: string) =>
    startedAtMs !== null && USUAL_AT_START.test(line) && Math.abs((lineTimeMs(line) ?? 0) - startedAtMs) < STARTING_MS;
  const errors = lines.filter((line) =>
    ["error", "fatal", "panic"].includes(lineLevel(line) ?? "") && !USUAL.test(line) && !isStarting(line)
  );
  if (errors.length === 0) return [];
  const isStuck = startedAtMs !== null &&
    errors.some((line) => line.includes(STUCK) && (lineTimeMs(line) ?? 0) >= startedAtMs);
  if (isStuck) {
    const detail =
      "Temporal no longer writes to its database: its connection is stuck in a transaction, because another " +
      "program (sqlite3, a database browser) locked the file";
    return [failed(detail, "stigmer-local restart")];
  }
  const times = errors.length === 1 ? "1 error" : `${errors.length} errors`;
  const latest = `${times} in the last hour, most recently: ${gist(errors.at(-1)!)}`;
  return [warning(latest, "stigmer-local logs --since 1h")];
}

/** The message and the error of a log line. */
function gist(line: string): string {
  const { message, fields: { error } } = logDocument(line);
  const text = [message, error].filter((each) => each !== "" && each !== undefined).join(": ");
  return printableLine(text || line, 160);
}

/** A line of the instance's history. */
export interface HistoryEvent {
  at: string;
  event: string;
  reason?: unknown;
  /** The name of a process beside Temporal; absent = Temporal. */
  process?: unknown;
}

/** Counts the unexpected exits of Temporal, and of each process beside it, in the supervisor's history since `sinceMs`. */
export function judgeHistory(events: readonly HistoryEvent[], sinceMs: number): Finding[] {
  const ends = events.filter(({ at, event, reason }) =>
    event === "exited" && reason !== "stopped" && Date.parse(at) >= sinceMs
  );
  return [...new Set(ends.map(({ process }) => process))].map((process) => {
    const own = ends.filter((each) => each.process === process);
    const last = own.at(-1)!;
    const times = own.length === 1 ? "once" : `${own.length} times`;
    const [name, log] = process === undefined
      ? ["Temporal", "--supervisor"]
      : [`${process}`, quotedIfNeeded(`${process}`)];
    const latest = `most recently at ${last.at} (${last.reason})`;
    return warning(
      `${name} exited unexpectedly ${times} in the last hour, ${latest}`,
      `stigmer-local logs ${log} --since 1h`,
    );
  });
}
