import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import type { Writable } from "node:stream";
import { type DescriptorPlan, planExactly, planForDeno } from "../core/descriptor_plan.ts";
import { LocalError, systemErrorCode } from "../core/local_error.ts";
import { cannotRun, findExecutable, requireExecutable } from "./executable.ts";
import { isDeno } from "./host.ts";
import { type Mask, maskDescriptors } from "./mask_descriptors.ts";
import { LAUNCHER_NAME, launcherLine, type LauncherTools } from "./launcher.ts";
import { pause } from "./pause.ts";
import { processesHere } from "./processes_here.ts";

/** What to start, and what it gets. */
export interface SpawnOptions {
  /** A path, or a name to look for in `env.PATH`. */
  command: string;
  args: readonly string[];
  cwd: string;
  /** Its whole environment; what is undefined is left out. */
  env: Readonly<Record<string, string | undefined>>;
  /** Nothing, or a pipe that ends when we close {@linkcode DetachedProcess.stdin}, or are no more. */
  stdin: "null" | "pipe";
  /** One of our descriptors, or nothing. */
  stdout: number | "null";
  stderr: number | "null";
  /** Our descriptors that become its 3, 4 …, all different. They stay open here. */
  pass: readonly number[];
}

/** How a process ended: one of the two is null. */
export interface ProcessExit {
  code: number | null;
  signal: string | null;
}

/** A process that was started. */
export interface DetachedProcess {
  /** Also its process group and its session. */
  pid: number;
  /** Our end of its stdin; null without a pipe. */
  stdin: Writable | null;
  /** Resolves when it ends. Never rejects. */
  exited: Promise<ProcessExit>;
  /** Lets our own process end before it. */
  unref(): void;
}

/** A command line that ends up as the wanted program, with the descriptors it is started with. */
interface Launch {
  command: string;
  args: string[];
  stdio: (number | "ignore")[];
  /** A shell goes before the program. */
  hasLauncher: boolean;
}

/** How long the shell that goes before a program may take to give way to it, in ms. */
const LAUNCHER_DEADLINE_MS = 5000;

/**
 * Starts a program in a session and process group of its own (PID == PGID == SID, setsid(2)), with exactly the
 * descriptors 0, 1, 2 and those of `pass`: nothing else that we, or who called us, had open. Resolves when the program
 * itself runs, so that its executable can be looked at.
 *
 * @throws {LocalError} `launch-failed` when there is no such program or folder, it may not be executed, or is for another
 * platform; the facts tell `command` and `systemError`
 *
 * @param mask How inherited descriptors are kept from it.
 */
export async function spawnDetached(options: SpawnOptions, mask = maskDescriptors): Promise<DetachedProcess> {
  const program = requireExecutable(options.command, options.env.PATH);
  const { child, launch } = spawnMasked(program, options, mask());
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  await started(child, options);
  const pid = child.pid!;
  if (launch.hasLauncher) await launcherGone(pid, program, exited);
  return { pid, stdin: child.stdin, exited, unref: () => child.unref() };
}

/** From the mask to its end there must be nothing asynchronous: what else is spawned meanwhile would be masked too. */
function spawnMasked(program: string, options: SpawnOptions, mask: Mask): { child: ChildProcess; launch: Launch } {
  try {
    const launch = planLaunch(program, options, mask.leaking);
    const child = spawn(launch.command, launch.args, {
      cwd: options.cwd,
      env: { ...options.env },
      detached: true,
      stdio: [options.stdin === "pipe" ? "pipe" : "ignore", ...launch.stdio],
    });
    return { child, launch };
  } catch (error) {
    throw explain(error, options);
  } finally {
    mask.restore();
  }
}

function planLaunch(program: string, options: SpawnOptions, leaking: number[]): Launch {
  const plan = (isDeno ? planForDeno : planExactly)({ ...options, leaking });
  if (plan === null) {
    throw new LocalError(
      "internal",
      `Cannot pass descriptors ${options.pass.join(", ")}: they stand where others have to go`,
    );
  }
  const stdio = plan.stdio.map((fd) => fd ?? "ignore");
  const hasLauncher = plan.redirections.length > 0 || plan.beyondShell.length > 0 ||
    (isDeno && options.pass.length > 0);
  if (!hasLauncher) return { command: program, args: [...options.args], stdio, hasLauncher };
  const [command, ...args] = launcherLine(plan, [program, ...options.args], launcherTools(plan));
  return { command: command!, args, stdio, hasLauncher };
}

function launcherTools(plan: DescriptorPlan): LauncherTools {
  if (plan.beyondShell.length === 0) return { bash: null, perl: null };
  const path = process.env.PATH;
  return { bash: findExecutable("bash", path), perl: findExecutable("perl", path) };
}

/** Resolves at the runtime's word that the process is there; Node tells a failure as an event, Deno by throwing. */
function started(child: ChildProcess, options: SpawnOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error) => reject(explain(error, options)));
  });
}

/** Until the launcher has become the program, `/proc/PID/exe` shows a shell, and a failure to exec is an exit of it. */
async function launcherGone(pid: number, program: string, exited: Promise<ProcessExit>): Promise<void> {
  const processes = processesHere();
  const isDead = () => /^[ZX]$/.test(processes.inspect(pid)?.state ?? "X");
  const deadline = performance.now() + LAUNCHER_DEADLINE_MS;
  // In the middle of execve(2), and of a zombie, there is no argument vector.
  for (let argv = processes.argv(pid); argv === null || argv.includes(LAUNCHER_NAME); argv = processes.argv(pid)) {
    if (argv === null && isDead()) break;
    if (performance.now() > deadline) return;
    await pause(1);
  }
  if (!isDead()) return;
  // 126 and 127 are the shell's own, for a command that can't be executed or found (POSIX, 2.8.2).
  const { code } = await exited;
  if (code === 126) {
    throw cannotRun(
      program,
      "EACCES",
      "the system refuses to execute it",
      "Check its file system (noexec) and permissions",
    );
  }
  if (code === 127) throw cannotRun(program, "ENOENT", "it, or what it needs to run, is not there", "Check the binary");
}

function explain(error: unknown, { command, cwd }: SpawnOptions): unknown {
  if (error instanceof LocalError) return error;
  const code = systemErrorCode(error);
  if (code === undefined) return error;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return cannotRun(
      command,
      code,
      `it, what it needs to run, or the folder ${cwd} is not there`,
      "Check the binary and --home",
      error,
    );
  }
  return cannotRun(command, code, code, "Check the binary and its permissions", error);
}
