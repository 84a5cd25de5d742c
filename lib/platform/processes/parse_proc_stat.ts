/** The fields of `/proc/PID/stat` that are used. */
export interface ProcStat {
  pid: number;
  /** The name in parentheses, at most 15 bytes; may contain any characters. */
  name: string;
  /** One letter: `R`, `S`, `D`, `T` (stopped), `t` (traced), `Z`, `X` (dead), `I` …; `Z` only if no thread is left. */
  state: string;
  pgid: number;
  sid: number;
  /** The foreground group of its terminal, which receives Ctrl-C; -1 without one. */
  foregroundPgid: number;
  /** Processor time in clock ticks, of user and system. */
  cpuTicks: number;
  /** Clock ticks from boot to its start, as text, because numbers beyond 2^53 would be rounded. */
  startTime: string;
}

/** Fields 1 to 8: the PID, the name, the state, then the parent, group, session, terminal and its foreground group. */
const STAT = /^(\d{1,10}) \((.*)\) ([a-z]) \d+ (\d{1,10}) (\d{1,10}) -?\d+ (-?\d+) (.*)$/is;

/**
 * Parses the text of `/proc/PID/stat` (proc_pid_stat(5)); null if it is malformed.
 *
 * A process can set its name to anything (prctl(2) PR_SET_NAME), including spaces, newlines and `)`, so the fields are
 * counted from the *last* closing parenthesis, which only numbers and one letter follow.
 */
export function parseProcStat(text: string): ProcStat | null {
  const match = STAT.exec(text);
  if (match === null) return null;
  const [, pid, name, state, pgid, sid, foregroundPgid, rest] = match;
  const [, , , , , utime, stime, , , , , threads, , startTime] = rest!.split(" "); // from field 9, the flags
  if (startTime === undefined || !/^\d+$/.test(startTime)) return null;
  return {
    pid: Number(pid),
    name: name!,
    // While a process exits, its first thread is a zombie, but others may still have its files, locks and ports open.
    state: state === "Z" && Number(threads) > 1 ? "R" : state!,
    pgid: Number(pgid),
    sid: Number(sid),
    foregroundPgid: Number(foregroundPgid),
    cpuTicks: Number(utime) + Number(stime),
    startTime,
  };
}
