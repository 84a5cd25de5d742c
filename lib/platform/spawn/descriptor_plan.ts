import type { SpawnOptions } from "./spawn_options.ts";

/** The descriptors that a child is to have, and those from 3 up that it would also inherit, and must close. */
export type WantedDescriptors = Pick<SpawnOptions, "stdout" | "stderr" | "pass"> & { leaking: readonly number[] };

/** How to give a child exactly the wanted descriptors. */
export interface DescriptorPlan {
  /** For the runtime's spawn, without stdin: 1, 2, and 3 up; null skips a number. */
  stdio: [stdout: number | "ignore", stderr: number | "ignore", ...rest: (number | null)[]];
  /** Redirections for a shell that execs the command (`>&4 2>&4 4>&-`); empty if no shell is needed. */
  redirections: string[];
  /** Leaked descriptors that a POSIX shell cannot close, because it supports only one-digit numbers. */
  beyondShell: number[];
}

const LAST_SHELL_DESCRIPTOR = 9;

/** The plan for a runtime that passes exactly the requested descriptors, as Node does. */
export function planExactly({ stdout, stderr, pass, leaking }: WantedDescriptors): DescriptorPlan {
  const stdio: DescriptorPlan["stdio"] = [orIgnore(stdout), orIgnore(stderr), ...pass];
  const extra = leaking.filter((fd) => fd >= 3 + pass.length);
  return { stdio, ...closing(extra, []) };
}

/**
 * The plan for Deno, whose spawn (create_command in ext/process/lib.rs) - leaves copies of 1 and 2 open in the child,
 * so they are passed as numbers from 3 up and a shell moves them; - copies to 3, 4 … one by one and closes each source
 * afterwards, so no source may be the target of another copy,
 *   and none may be listed twice.
 *
 * Null if the numbers that a shell supports do not suffice.
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

/** The first number from 3 up from which the sources can be placed consecutively without overwriting one another. */
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
