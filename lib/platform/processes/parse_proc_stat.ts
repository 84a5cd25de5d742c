/** The fields of `/proc/PID/stat` that identify a process. */
export interface ProcStat {
  pid: number;
  /** The name in parentheses, at most 15 bytes; may contain any characters. */
  name: string;
  /** One letter: `R`, `S`, `D`, `T` (stopped), `t` (traced), `Z`, `X` (dead), `I` …; `Z` only if no thread is left. */
  state: string;
  pgid: number;
  sid: number;
  /** Clock ticks from boot to its start, as text, because numbers beyond 2^53 would be rounded. */
  startTime: string;
}

/**
 * Parses the text of `/proc/PID/stat` (proc_pid_stat(5)); null if it is malformed.
 *
 * A process can set its name to anything (prctl(2) PR_SET_NAME), including spaces, newlines and `)`, so the fields are
 * counted from the *last* closing parenthesis, which only numbers and one letter follow.
 */
export function parseProcStat(text: string): ProcStat | null {
  const open = text.indexOf(" (");
  const close = text.lastIndexOf(") ");
  if (open < 1 || close < open + 2) return null;
  const pid = toCount(text.slice(0, open));
  // Field 3 (the state) is fields[0]; num_threads is field 20, starttime 22.
  const fields = text.slice(close + 2).split(" ");
  const [first, , group, session] = fields;
  const startTime = fields[19];
  // While a process exits, its first thread is a zombie, but others may still have its files, locks and ports open.
  const state = first === "Z" && Number(fields[17]) > 1 ? "R" : first;
  const pgid = toCount(group);
  const sid = toCount(session);
  if (pid === null || pgid === null || sid === null) return null;
  if (state === undefined || !/^[A-Za-z]$/.test(state)) return null;
  if (startTime === undefined || !/^\d+$/.test(startTime)) return null;
  return { pid, name: text.slice(open + 2, close), state, pgid, sid, startTime };
}

/**
 * Whether the process of a `/proc/PID/stat` is in the foreground group of its terminal, which receives Ctrl-C: pgrp
 * equals tpgid (fields 5 and 8).
 */
export function isInForeground(text: string): boolean {
  const [, , pgrp, , , tpgid] = text.slice(text.lastIndexOf(") ") + 2).split(" ");
  return pgrp === tpgid;
}

/** Processor time of the process of a `/proc/PID/stat` in clock ticks: utime and stime (fields 14 and 15). */
export function cpuTicks(text: string): number {
  const fields = text.slice(text.lastIndexOf(") ") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

function toCount(text: string | undefined): number | null {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return null;
  return Number(text);
}
