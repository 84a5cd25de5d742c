import { lineLevel, lineTimeMs } from "../logs/log_lines.ts";
import { formatBytes } from "../text/byte_size.ts";
import { shellWord } from "../text/shell_word.ts";

/** How a check went: nothing to do, worth knowing, or something does not work. */
export type CheckState = "ok" | "warn" | "fail";

/** One check of `doctor`. */
export interface DoctorCheck {
  name: string;
  state: CheckState;
  /** What was seen, and why that is bad. */
  detail: string;
  /** The command that mends it. */
  remedy?: string;
  /** `--fix` mended it. */
  fixed?: true;
}

/** The answer of `doctor`. */
export interface DoctorReport {
  schema: 1;
  /** Nothing fails. */
  ok: boolean;
  home: string;
  checks: DoctorCheck[];
}

/** Something that is not as it should be. */
export interface Finding {
  state: "warn" | "fail";
  detail: string;
  remedy?: string;
  /** Mends it without harm; rejects when it can't. */
  fix?: () => void | Promise<void>;
}

/** A check with what would mend it. */
export interface Diagnosis extends DoctorCheck {
  fix?: () => void | Promise<void>;
}

/** One check out of the troubles that it found; `detail` tells what was seen when there are none. */
export function diagnose(name: string, findings: readonly Finding[], detail: string): Diagnosis {
  if (findings.length === 0) return { name, state: "ok", detail };
  const state = findings.some((finding) => finding.state === "fail") ? "fail" : "warn";
  const sorted = [
    ...findings.filter((each) => each.state === "fail"),
    ...findings.filter((each) => each.state === "warn"),
  ];
  const remedies = [...new Set(sorted.flatMap(({ remedy }) => remedy ?? []))];
  const fixes = sorted.flatMap(({ fix }) => fix ?? []);
  return {
    name,
    state,
    detail: sorted.map((finding) => finding.detail).join("; "),
    ...(remedies.length === 0 ? {} : { remedy: remedies.join("; ") }),
    // What can be mended only in part stays what it is: the rest is to be told.
    ...(fixes.length < sorted.length ? {} : {
      fix: async () => {
        for (const fix of fixes) await fix();
      },
    }),
  };
}

/** Below this, SQLite and the log run into a full disk within hours. */
const LEAST_FREE_BYTES = 100e6;
const SCARCE_FREE_BYTES = 1e9;

/** What is to be said of a file system with so much left. */
export function judgeSpace(path: string, freeBytes: number, freeFiles: number, files: number): Finding[] {
  const remedy = `df -h ${shellWord(path)}`;
  const findings: Finding[] = [];
  if (freeBytes < SCARCE_FREE_BYTES) {
    const state = freeBytes < LEAST_FREE_BYTES ? "fail" : "warn";
    findings.push({ state, detail: `only ${formatBytes(freeBytes)} are free where ${path} is`, remedy });
  }
  // Some file systems (btrfs) have no such limit, and say 0 of 0.
  if (files > 0 && freeFiles < 1000) {
    const detail = `only ${freeFiles} more files can be made where ${path} is`;
    findings.push({ state: freeFiles < 50 ? "fail" : "warn", detail, remedy: `df -i ${shellWord(path)}` });
  }
  return findings;
}

/** Nobody ran this before it was written. */
const EARLIEST_NOW_MS = Date.parse("2025-01-01");
/** File servers and other clocks may be this much ahead, in ms. */
const AHEAD_MS = 120_000;

/** What is to be said of the clock, given moments that are past. */
export function judgeClock(nowMs: number, past: Readonly<Record<string, number | null>>): Finding[] {
  const remedy = "Set the clock (timedatectl status)";
  if (nowMs < EARLIEST_NOW_MS) {
    return [{ state: "fail", detail: `the clock says ${new Date(nowMs).toISOString()}`, remedy }];
  }
  return Object.entries(past).flatMap(([what, atMs]): Finding[] => {
    if (atMs === null || atMs <= nowMs + AHEAD_MS) return [];
    const ahead = Math.round((atMs - nowMs) / 1000);
    return [{ state: "warn", detail: `${what} lies ${ahead} s in the future: the clock was set back`, remedy }];
  });
}

/** Temporal says these as errors while it stops, or is asked for what it gives up then. */
const USUAL =
  /context canceled|shutting down|server is not accepting connections|Not enough hosts to serve the request/;
/** A COMMIT met another program's lock, and the connection never left that transaction. */
const STUCK = "cannot start a transaction within a transaction";

/** What the log's lines of the last hour say. `sinceMs`: when the Temporal that runs was started; null = none runs. */
export function judgeLog(lines: readonly string[], startedAtMs: number | null): Finding[] {
  const errors = lines.filter((line) =>
    ["error", "fatal", "panic"].includes(lineLevel(line) ?? "") && !USUAL.test(line)
  );
  if (errors.length === 0) return [];
  const isStuck = startedAtMs !== null &&
    errors.some((line) => line.includes(STUCK) && (lineTimeMs(line) ?? 0) >= startedAtMs);
  if (isStuck) {
    const detail = "Temporal's one connection to its database is stuck in a transaction, because another program " +
      "(sqlite3, a database browser) had the file locked: nothing is written any more";
    return [{ state: "fail", detail, remedy: "stigmer-local restart" }];
  }
  const times = errors.length === 1 ? "1 error" : `${errors.length} errors`;
  return [{
    state: "warn",
    detail: `${times} in the last hour, the last one: ${gist(errors.at(-1)!)}`,
    remedy: "stigmer-local logs --since 1h",
  }];
}

/** What a line says: its message and its error, without the rest. */
function gist(line: string): string {
  const part = (key: string) => {
    const match = new RegExp(`\\b${key}"?[=:]("(?:[^"\\\\]|\\\\.)*"|\\S+)`).exec(line);
    return match?.[1]?.replace(/^"|"$/g, "");
  };
  const text = [part("msg"), part("error")].filter((each) => each !== undefined).join(": ") || line;
  return text.length > 160 ? `${text.slice(0, 159)}…` : text;
}

/** A line of the instance's history. */
export interface HistoryEvent {
  at: string;
  event: string;
  reason?: unknown;
}

/** What the supervisor's history since `sinceMs` says: how often Temporal ended that nobody had asked to. */
export function judgeHistory(events: readonly HistoryEvent[], sinceMs: number): Finding[] {
  const ends = events.filter(({ at, event, reason }) =>
    event === "exited" && reason !== "stopped" && Date.parse(at) >= sinceMs
  );
  if (ends.length === 0) return [];
  const last = ends.at(-1)!;
  const times = ends.length === 1 ? "once" : `${ends.length} times`;
  return [{
    state: "warn",
    detail: `Temporal ended ${times} by itself in the last hour, last at ${last.at} (${last.reason})`,
    remedy: "stigmer-local logs --supervisor --since 1h",
  }];
}
