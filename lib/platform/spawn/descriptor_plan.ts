/** Which of our descriptors a child gets, and as what. */
export interface WantedDescriptors {
  /** Ours that becomes its 1, or nothing. */
  stdout: number | "null";
  /** Ours that becomes its 2, or nothing. */
  stderr: number | "null";
  /** Ours that become its 3, 4 …, all different. */
  pass: readonly number[];
  /** Ours that it would inherit without being asked, and must close. */
  leaking: readonly number[];
}

/** How a child is brought to exactly the descriptors that are wanted. */
export interface DescriptorPlan {
  /** For the runtime's spawn: its stdin is not ours to say; then 1, 2, and 3 up, where null leaves a number alone. */
  stdio: [stdout: number | "ignore", stderr: number | "ignore", ...rest: (number | null)[]];
  /** Redirections for a shell that then execs the command (`>&4 2>&4 4>&-`); empty when no shell is needed. */
  redirections: string[];
  /** Inherited ones that no POSIX shell can close, for it knows numbers of one digit only. */
  beyondShell: number[];
}

const LAST_SHELL_DESCRIPTOR = 9;

/** The plan for a runtime that makes exactly the descriptors it is asked for, as Node does. */
export function planExactly({ stdout, stderr, pass, leaking }: WantedDescriptors): DescriptorPlan {
  const stdio: DescriptorPlan["stdio"] = [orIgnore(stdout), orIgnore(stderr), ...pass];
  const extra = leaking.filter((fd) => fd >= 3 + pass.length);
  return { stdio, ...closing(extra, []) };
}

/**
 * The plan for Deno, whose spawn (create_command in ext/process/lib.rs)
 * - makes copies of what is to be 1 and 2 that stay open in the child, so they go to numbers from 3 up and a shell moves them;
 * - copies to 3, 4 … one after the other and closes each source behind it, so no source may stand where a copy goes,
 *   and none may be named twice.
 *
 * Null when there is no room for that among the numbers that a shell can name.
 */
export function planForDeno({ stdout, stderr, pass, leaking }: WantedDescriptors): DescriptorPlan | null {
  const sources = [...new Set([...pass, ...[stdout, stderr].filter((each) => each !== "null")])];
  const base = findBase(sources);
  if (base === null) return null;
  const slotOf = (fd: number) => base + sources.indexOf(fd);
  const moves: string[] = [];
  if (stdout !== "null") moves.push(`>&${slotOf(stdout)}`);
  if (stderr !== "null") moves.push(`2>&${slotOf(stderr)}`);
  const wanted = pass.map((_, at) => 3 + at);
  if (base > 3) moves.push(...wanted.map((fd, at) => `${fd}>&${base + at}`));
  const used = sources.map((_, at) => base + at);
  const toClose = [...new Set([...used, ...leaking])].filter((fd) => !wanted.includes(fd));
  return {
    stdio: ["ignore", "ignore", ...Array<null>(base - 3).fill(null), ...sources],
    ...closing(toClose, moves),
  };
}

/** The first number from 3 on from which the sources can be laid down in a row without standing on one another. */
function findBase(sources: readonly number[]): number | null {
  for (let base = 3; base + sources.length - 1 <= LAST_SHELL_DESCRIPTOR; base++) {
    const isFree = (source: number, at: number) =>
      source < base || source >= base + sources.length || source === base + at;
    if (sources.every(isFree)) return base;
  }
  return null;
}

function closing(fds: number[], moves: string[]): Pick<DescriptorPlan, "redirections" | "beyondShell"> {
  return {
    redirections: [...moves, ...fds.filter((fd) => fd <= LAST_SHELL_DESCRIPTOR).map((fd) => `${fd}>&-`)],
    beyondShell: fds.filter((fd) => fd > LAST_SHELL_DESCRIPTOR),
  };
}

function orIgnore(fd: number | "null"): number | "ignore" {
  return fd === "null" ? "ignore" : fd;
}
