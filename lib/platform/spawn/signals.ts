/** Signals that this tool sends. */
export type SentSignal = "SIGTERM" | "SIGKILL" | "SIGCONT" | "SIGSTOP" | "SIGINT" | "SIGHUP" | "SIGQUIT";

/** The signals of Linux on x86 and ARM from number 1 (signal(7)), and those of macOS (sys/signal.h). */
const LINUX = "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN " +
  "TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS";
const DARWIN =
  "HUP INT QUIT ILL TRAP ABRT EMT FPE KILL BUS SEGV SYS PIPE ALRM TERM URG STOP TSTP CONT CHLD TTIN TTOU " +
  "IO XCPU XFSZ VTALRM PROF WINCH INFO USR1 USR2";

/** The number of a signal; 0 if unknown. */
export function signalNumber(name: string, platform: string): number {
  return namesOf(platform === "darwin" ? DARWIN : LINUX).indexOf(name) + 1;
}

/** The name of a Linux signal: `SIGKILL`; `SIG42` if it has none here. */
export function linuxSignalName(number: number): string {
  return namesOf(LINUX)[number - 1] ?? `SIG${number}`;
}

function namesOf(table: string): string[] {
  return table.split(" ").map((name) => `SIG${name}`);
}
