import { isPartOfPolicy, type Policy } from "../config/policy.ts";
import { type LaunchedProcess, readLaunchedProcess } from "../config/processes.ts";
import { readSettings, type Settings } from "../config/settings.ts";
import { isDead, type ProcessInfo } from "../platform/processes/processes.ts";
import { parseJson } from "../text/json_value.ts";

/** Maximum size of a PID file in bytes; a larger file was not written by this tool. */
export const MAX_RECORD_BYTES = 64 * 1024;

/**
 * The content of `temporal.pid`: the Temporal that was launched. Line 1 is the PID, line 2 `temporal` (of a process beside
 * it: the name), line 3 the Unix time of its start, then `key=value` lines. Stigmer's CLI wrote the first line alone (early versions) or the first
 * three: the rest is optional. A record describes a process; only locks decide whether it is running.
 */
export interface PidRecord {
  pid: number;
  /** Unix time in seconds, 0 when unknown. */
  startedAtS: number;
  /** The kernel's start time of the process, as `ProcessInfo.startTime`. Without it the record proves nothing. */
  startTime?: string;
  bootId?: string;
  /** The executable as the kernel reports it, not the requested path (which may be a shim). */
  executable?: string;
  /** The requested binary. */
  binary?: string;
  version?: string;
  /** The inode of the folder that it was written to: in a copy of that folder it describes nothing. */
  folder?: string;
  settings?: Settings;
  /** The policies it was supervised with. */
  policy?: Partial<Policy>;
  /** Of a process beside Temporal: what was launched. */
  launched?: LaunchedProcess;
}

/** The text of `record` for `program`, as {@linkcode parseRecord} reads it. */
export function formatRecord(record: PidRecord, program = "temporal"): string {
  const { pid, startedAtS, settings, policy, launched, ...facts } = record;
  const lines = [String(pid), program, String(startedAtS)];
  for (const [key, value] of Object.entries(facts)) {
    // A line break in a path would inject a line: such a fact is left out.
    if (value !== undefined && !/[\r\n]/.test(value)) lines.push(`${key}=${value}`);
  }
  if (settings !== undefined) lines.push(`port=${settings.port}`, `settings=${JSON.stringify(settings)}`);
  if (policy !== undefined) lines.push(`policy=${JSON.stringify(policy)}`);
  if (launched !== undefined) lines.push(`launched=${JSON.stringify(launched)}`);
  return lines.join("\n") + "\n";
}

/** Parses a record of `program`, of any version, or says why `text` is none. Never throws, whatever the text. */
export function parseRecord(text: string, program = "temporal"): { record: PidRecord } | { invalid: string } {
  if (text.includes("\0")) return { invalid: "binary data" };
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  const first = (lines[0] ?? "").trim();
  if (first === "") return { invalid: "empty" };
  if (!/^\d{1,10}$/.test(first)) return { invalid: "the first line is not a PID" };
  const pid = Number(first);
  // 0 and 1 would signal our own group and init; the kernel's PIDs end at 2^22 on 64-bit Linux, 99999 on macOS.
  if (pid < 2 || pid > 2 ** 22) return { invalid: `PID ${first} is out of range` };

  const rest = lines.slice(1);
  const name = rest[0]?.trim();
  if (name !== undefined && name !== "" && name !== program) {
    return { invalid: `the second line is not \`${program}\`` };
  }
  const startedAtS = /^\d{1,12}$/.test(rest[1]?.trim() ?? "") ? Number(rest[1]) : 0;

  const facts = new Map<string, string>();
  for (const line of rest.slice(2)) {
    const at = line.indexOf("=");
    if (at > 0) facts.set(line.slice(0, at), line.slice(at + 1));
  }
  const record: PidRecord = { pid, startedAtS };
  for (const key of ["startTime", "bootId", "executable", "binary", "version", "folder"] as const) {
    const value = facts.get(key);
    if (value !== undefined && value !== "") record[key] = value;
  }
  const settings = parseFact(facts.get("settings"), readSettings);
  if (settings !== null) record.settings = settings;
  const policy = parseFact(facts.get("policy"), (value) => isPartOfPolicy(value) ? value : null);
  if (policy !== null) record.policy = policy;
  const launched = parseFact(facts.get("launched"), readLaunchedProcess);
  if (launched !== null) record.launched = launched;
  return { record };
}

function parseFact<T>(json: string | undefined, read: (value: unknown) => T | null): T | null {
  const value = json === undefined ? undefined : parseJson(json); // it may have been cut off while it was written
  return value === undefined ? null : read(value);
}

/**
 * Whether the process that has the recorded PID now is the recorded one: same boot, start time and executable. A record
 * without these facts (from an old version) proves nothing, so its PID is never signalled. Reads the executable last, which
 * macOS looks up when it is read.
 */
export function isRecordedProcess(
  record: PidRecord,
  seen: Pick<ProcessInfo, "state" | "startTime" | "executable">,
  bootId: string,
): boolean {
  return record.startTime !== undefined && record.bootId !== undefined && record.executable !== undefined &&
    !isDead(seen) &&
    record.startTime === seen.startTime && record.bootId === bootId && record.executable === seen.executable;
}
