/** A line of `LC_ALL=C ps -ww -o pid=,pgid=,stat=,lstart=,command=`. */
export interface PsLine {
  pid: number;
  pgid: number;
  /** As on Linux: `U` of macOS (an uninterruptible wait) becomes `D`. */
  state: string;
  /** `Mon Nov 23 06:05:12 2026`, with single spaces. */
  startTime: string;
  command: string;
}

/** The columns that {@linkcode parsePs} reads. */
export const PS_COLUMNS = "pid=,pgid=,stat=,lstart=,command=";

/** The processes in the output of ps(1). Skips lines of another form. */
export function parsePs(text: string): PsLine[] {
  return text.split("\n").map(parseLine).filter((line) => line !== null);
}

/** The lines of `ps -o pid=,comm=`, or any other two columns of which the first is the PID. */
export function parsePsPairs(text: string): Map<number, string> {
  const pairs = new Map<number, string>();
  for (const line of text.split("\n")) {
    const match = /^\s*(\d+)\s(.*)$/.exec(line);
    if (match !== null) pairs.set(Number(match[1]), match[2]!.trim());
  }
  return pairs;
}

// lstart follows the locale's clock format; under LC_ALL=C it is ctime(3)'s, whose day of the month is padded by a space.
const LINE =
  /^\s*(\d+)\s+(\d+)\s+([A-Za-z])\S*\s+([A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} \d{2}:\d{2}:\d{2} \d{4})(?:\s(.*))?$/;

function parseLine(line: string): PsLine | null {
  const match = LINE.exec(line);
  if (match === null) return null;
  const [, pid, pgid, letter, started, command = ""] = match;
  return {
    pid: Number(pid),
    pgid: Number(pgid),
    state: letter === "U" ? "D" : letter!,
    startTime: started!.replace(/ +/g, " "),
    command: command.trim(),
  };
}
