import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { assertEquals } from "@std/assert";
import { shellWord } from "../../lib/text/shell_word.ts";
import {
  DEADLINE_MS,
  type Ended,
  launch,
  type LaunchOptions,
  ownTool,
  type Running,
  signalIfThere,
  type TestInstance,
  until,
} from "./support.ts";
import { wrapTemporal } from "./support_lifecycle.ts";

/** The open descriptors of a process, by number: paths, and names like `pipe:[123]`. */
export type Descriptors = Record<number, string>;

/**
 * Runs a caller of the tool, such as a shell, with pipes. If these are not closed in time, another process holds them: the
 * caller and its group are killed, and the promise rejects.
 */
export async function runCaller(command: readonly string[], options: LaunchOptions = {}): Promise<Ended> {
  const caller = launch(command, { ...options, detached: true });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      signalIfThere(-caller.pid, "SIGKILL");
      reject(new Error(`${command.join(" ")} did not return: a process holds its pipes`));
    }, DEADLINE_MS);
  });
  try {
    return await Promise.race([caller.ended, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** `run --ephemeral FLAGS -- sh -c LINE`, whose command prints its PID first; resolves when it runs. */
export async function launchEphemeral(line: string, options: LaunchOptions, ...flags: string[]): Promise<Running> {
  const running = launch(ownTool("run", "--ephemeral", ...flags, "--", "sh", "-c", `echo $$; ${line}`), options);
  await until("the command runs", () => running.stdout().includes("\n"));
  return running;
}

/** Kills a {@linkcode launchEphemeral} and its command, which the tool leaves to its owner, this test. */
export function killBoth({ pid, stdout, ended }: Running): Promise<Ended> {
  process.kill(pid, "SIGKILL");
  process.kill(Number(stdout()), "SIGKILL");
  return ended;
}

/** The connections of this instance's supervisor: 3 is SS_CONNECTED (include/uapi/linux/net.h). */
export function connectionsOf({ home }: TestInstance): string[] {
  return readFileSync("/proc/net/unix", "utf8").split("\n").filter((line) => line.includes(`${home}/.control`))
    .map((line) => line.split(/\s+/)).filter((fields) => fields[5] === "03").map((fields) => fields[6]!);
}

/** Waits until a client other than `earlier` waits for an answer of the supervisor; short requests don't count. */
export async function untilClientWaits(instance: TestInstance, earlier: readonly string[]): Promise<void> {
  let looks: string[][] = [];
  await until("a client waits for the supervisor", () => {
    looks = [...looks, connectionsOf(instance)].slice(-15);
    const [first, ...rest] = looks;
    const isLasting = (socket: string) => rest.every((look) => look.includes(socket));
    return looks.length === 15 && first!.some((socket) => !earlier.includes(socket) && isLasting(socket));
  });
}

/** The open descriptors of `pid`. */
export function descriptorsOf(pid: number): Descriptors {
  const open: Descriptors = {};
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      open[Number(fd)] = readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch (error) {
      if ((error as { code?: string }).code !== "ENOENT") throw error; // closed meanwhile
    }
  }
  return open;
}

/**
 * A line of sh that writes the shell's open descriptors to `path`; read them with {@linkcode readDescriptors}. In a
 * subshell, because dash redirects a command's output in its own process.
 */
export function listDescriptors(path: string): string {
  return `(ls -l /proc/$$/fd >"${path}")`;
}

/** The descriptors written by {@linkcode listDescriptors}. */
export function readDescriptors(path: string): Descriptors {
  const open: Descriptors = {};
  for (const [, fd, target] of readFileSync(path, "utf8").matchAll(/ (\d+) -> (.*)$/gm)) open[Number(fd)] = target!;
  return open;
}

/** The pipes and sockets among them, on which another process may wait for EOF. */
export function pipesOf(open: Descriptors): string[] {
  return [...new Set(Object.values(open).filter((target) => /^(pipe|socket):/.test(target)))].sort();
}

/** A Temporal that writes its inherited descriptors to a file in the home before it opens any itself. */
export function recordingTemporal(instance: TestInstance): string {
  return wrapTemporal(instance.home, listDescriptors(join(instance.home, "born-with.$$")));
}

/** Proves that Temporal `pid`, a {@linkcode recordingTemporal}, inherited its four descriptors and no other. */
export function assertBornWithItsOwn({ home, paths }: TestInstance, pid: number): void {
  const open = readDescriptors(join(home, `born-with.${pid}`));
  for (const [fd, target] of Object.entries(open)) {
    if (target === join(home, "wrapped-temporal")) delete open[Number(fd)]; // the shell's own script
  }
  assertEquals(open, { 0: "/dev/null", 1: paths.temporalLog, 2: paths.temporalLog, 3: paths.processLock });
}

/** The words as one line of sh. */
export function shellLine(words: readonly string[]): string {
  return words.map(shellWord).join(" ");
}
