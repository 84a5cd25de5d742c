/** Signals that this tool sends. */
export type SentSignal = "SIGTERM" | "SIGKILL" | "SIGCONT" | "SIGSTOP" | "SIGINT" | "SIGHUP" | "SIGQUIT";

/** Numbers shared by Linux and macOS (signal(7), sys/signal.h). */
const COMMON: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
};
/** Numbers of Linux on x86 and ARM. */
const LINUX: Readonly<Record<string, number>> = {
  ...COMMON,
  SIGBUS: 7,
  SIGUSR1: 10,
  SIGUSR2: 12,
  SIGSTKFLT: 16,
  SIGIO: 29,
  SIGPWR: 30,
  SIGSYS: 31,
};
const DARWIN: Readonly<Record<string, number>> = {
  ...COMMON,
  SIGEMT: 7,
  SIGBUS: 10,
  SIGSYS: 12,
  SIGUSR1: 30,
  SIGUSR2: 31,
};

/** The number of a signal that terminates processes; 0 if unknown. */
export function signalNumber(name: string, platform: string): number {
  return (platform === "darwin" ? DARWIN : LINUX)[name] ?? 0;
}

/** The name of a Linux signal: `SIGKILL`; `SIG42` if it has none here. */
export function linuxSignalName(number: number): string {
  return Object.keys(LINUX).find((name) => LINUX[name] === number) ?? `SIG${number}`;
}
