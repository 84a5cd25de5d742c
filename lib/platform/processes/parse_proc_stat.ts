/** The fields of `/proc/PID/stat` that tell who a process is. */
export interface ProcStat {
  pid: number;
  /** The name in the parentheses, at most 15 bytes, any characters. */
  name: string;
  /** One letter: `R`, `S`, `D`, `T` (stopped), `t` (traced), `Z`, `X` (dead), `I` …; `Z` only when no thread is left. */
  state: string;
  parentPid: number;
  pgid: number;
  sid: number;
  /** Clock ticks between boot and its start, as written: beyond 2^53 nothing may be rounded. */
  startTime: string;
}

/**
 * Reads the text of `/proc/PID/stat` (proc_pid_stat(5)), or answers null when it is not one.
 *
 * The name is whatever the process called itself (prctl(2) PR_SET_NAME): spaces, newlines and `)` are all possible, so the
 * fields are counted from the *last* closing parenthesis; what follows it are numbers and one letter.
 */
export function parseProcStat(text: string): ProcStat | null {
  const open = text.indexOf(" (");
  const close = text.lastIndexOf(") ");
  if (open < 1 || close < open + 2) return null;
  const pid = toCount(text.slice(0, open));
  // Field 3 (the state) is fields[0]; num_threads is field 20, starttime 22.
  const fields = text.slice(close + 2).split(" ");
  const [first, parent, group, session] = fields;
  const startTime = fields[19];
  // The first thread of a process that dies is a zombie while others still have its files, locks and ports open.
  const state = first === "Z" && Number(fields[17]) > 1 ? "R" : first;
  const parentPid = toCount(parent);
  const pgid = toCount(group);
  const sid = toCount(session);
  if (pid === null || parentPid === null || pgid === null || sid === null) return null;
  if (state === undefined || !/^[A-Za-z]$/.test(state)) return null;
  if (startTime === undefined || !/^\d+$/.test(startTime)) return null;
  return { pid, name: text.slice(open + 2, close), state, parentPid, pgid, sid, startTime };
}

/**
 * Whether the process of a `/proc/PID/stat` is in the foreground group of its terminal, which the keys of that one reach:
 * its pgrp is the tpgid (fields 5 and 8).
 */
export function isInForeground(text: string): boolean {
  const [, , pgrp, , , tpgid] = text.slice(text.lastIndexOf(") ") + 2).split(" ");
  return pgrp === tpgid;
}

function toCount(text: string | undefined): number | null {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return null;
  return Number(text);
}
