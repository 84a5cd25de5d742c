/** A line of `LC_TIME=C TZ=UTC0 ps -ww -o pid=,pgid=,stat=,lstart=,command=`. */
export interface PsLine {
  pid: number;
  pgid: number;
  /**
   * As on Linux: `U` of macOS (an uninterruptible wait) becomes `D`, an exiting process `X`, and an unknown state `S`.
   */
  state: string;
  /** Whether it leads its session. A dead process leads none. */
  isSessionLeader: boolean;
  /** `Mon Nov 23 06:05:12 2026`, with single spaces, in the zone of ps: UTC. */
  startTime: string;
  /** `(temporal)` or `<defunct>` if the arguments can't be read: see {@linkcode hasArguments}. */
  command: string;
}

/** The columns that {@linkcode parsePs} reads. */
export const PS_COLUMNS = "pid=,pgid=,stat=,lstart=,command=";

/** The processes in the output of ps(1). Skips lines of another form. */
export function parsePs(text: string): PsLine[] {
  return text.split("\n").map(parseLine).filter((line) => line !== null);
}

/** A process in {@linkcode parsePsOwners}. */
export interface PsOwner {
  pid: number;
  uid: number;
  command: string;
}

/** The lines of `ps -o pid=,uid=,command=`. */
export function parsePsOwners(text: string): PsOwner[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s(.*)$/.exec(line);
    return match === null ? [] : [{ pid: Number(match[1]), uid: Number(match[2]), command: match[3]!.trim() }];
  });
}

/** The lines of `ps -o pid=,command=`, or any other two columns of which the first is the PID. */
export function parsePsPairs(text: string): Map<number, string> {
  const pairs = new Map<number, string>();
  for (const line of text.split("\n")) {
    const match = /^\s*(\d+)\s(.*)$/.exec(line);
    if (match !== null) pairs.set(Number(match[1]), match[2]!.trim());
  }
  return pairs;
}

/**
 * Whether ps shows the arguments of a process. Otherwise it prints the name in parentheses (a process that exits, or
 * that execve(2) is replacing), or `<defunct>`.
 */
export function hasArguments(command: string): boolean {
  return command !== "" && command !== "<defunct>" && !/^\(.*\)$/.test(command);
}

// lstart follows the locale's clock format; under LC_TIME=C it is ctime(3)'s, whose day of the month is padded by a
// space. The state is blank where ps may not see it.
const LINE =
  /^\s*(\d+)\s+(\d+)\s+(?:(\S+)\s+)?([A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} \d{2}:\d{2}:\d{2} \d{4})(?:\s(.*))?$/;

function parseLine(line: string): PsLine | null {
  const match = LINE.exec(line);
  if (match === null) return null;
  const [, pid, pgid, stat = "", started, command = ""] = match;
  return {
    pid: Number(pid),
    pgid: Number(pgid),
    state: stateOf(stat),
    isSessionLeader: stat.includes("s"),
    startTime: started!.replace(/ +/g, " "),
    command: command.trim(),
  };
}

/**
 * STAT is one letter of `RUSITHZ` and flags of `<NXEVLs+` (ps(1)). The letter is `?` if the kernel has taken the task
 * away, as it does with an exiting process (flag `E`) before that becomes a zombie; a `ps` without entitlement prints
 * only flags.
 */
function stateOf(stat: string): string {
  const [letter] = stat;
  if (letter === "U") return "D";
  if (letter !== undefined && "RSITHZ".includes(letter)) return letter;
  return stat.includes("E") ? "X" : "S";
}
