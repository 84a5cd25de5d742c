import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { LocalError } from "../../errors/local_error.ts";
import { isDead } from "../processes/processes.ts";
import { processesHere } from "../processes/processes_here.ts";
import { isDeno } from "../runtime/host.ts";
import { poll } from "../runtime/poll.ts";
import { spawnClosed } from "./close_on_exec.ts";
import { type DescriptorPlan, planExactly, planForDeno } from "./descriptor_plan.ts";
import { cannotRun, findSystemTool } from "./executable.ts";
import type { PosixChild } from "./posix_spawn_deno.ts";
import type { ProcessExit, SpawnOptions } from "./spawn_options.ts";
import { started } from "./started.ts";

/** Name of the exec wrapper in its command line, which distinguishes it from the program. */
export const EXEC_WRAPPER_NAME = "stigmer-local-launcher";

/**
 * Sets close-on-exec on descriptors, then execs. F_SETFD is 2 and FD_CLOEXEC 1 on Linux and macOS. `<&=` opens the
 * descriptor itself, not a copy; `@k` keeps the handles, because perl closes a handle with its last reference.
 */
const PERL_CLOSER = "for (split / /, shift) { open my $h, '<&=', $_ or next; fcntl $h, 2, 1; push @k, $h } " +
  "exec { $ARGV[0] } @ARGV; exit 127";

/** How long to wait for the exec wrapper to become the program, in ms. */
const WRAPPER_DEADLINE_MS = 5000;

/**
 * Starts `program` as documented at `spawnDetached`, by `node:child_process`, which both runtimes have. Other
 * descriptors are kept from it by close-on-exec, or closed by an exec wrapper.
 *
 * @throws {LocalError} `launch-failed` if the wrapper could not start the program
 * @throws the system's error
 */
export async function spawnByRuntime(program: string, options: SpawnOptions): Promise<PosixChild> {
  const { child, hasWrapper } = spawnClosed((leaking) => startProgram(program, options, leaking));
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  await started(() => child);
  const pid = child.pid!;
  if (hasWrapper) await wrapperGone(pid, program, exited);
  child.unref();
  return { pid, exited };
}

/** @param leaking Descriptors that the child would inherit, and must close. */
function startProgram(
  program: string,
  options: SpawnOptions,
  leaking: number[],
): { child: ChildProcess; hasWrapper: boolean } {
  const plan = (isDeno ? planForDeno : planExactly)({ ...options, leaking });
  if (plan === null) {
    throw new LocalError(
      "internal",
      `Cannot pass descriptors ${options.pass.join(", ")}: their numbers are needed for others`,
    );
  }
  const hasWrapper = plan.redirections.length > 0 || plan.beyondShell.length > 0 ||
    (isDeno && options.pass.length > 0);
  const words = [program, ...options.args];
  const [command, ...args] = hasWrapper ? wrapperCommand(plan, words) : words;
  const child = spawn(command!, args, {
    cwd: options.cwd,
    // Node adds its own NODE_V8_COVERAGE where an environment has no entry of this name.
    env: { NODE_V8_COVERAGE: undefined, ...options.env },
    detached: true,
    stdio: [options.stdin === "pipe" ? "pipe" : "ignore", ...plan.stdio.map((fd) => fd ?? "ignore")],
  });
  return { child, hasWrapper };
}

/**
 * The command line of a shell that arranges its descriptors and then execs `program` under the same PID. Two-digit
 * descriptors need bash or perl; without either they stay open.
 */
function wrapperCommand({ redirections, beyondShell }: DescriptorPlan, program: readonly string[]): string[] {
  const find = (tool: string) => beyondShell.length === 0 ? null : findSystemTool(tool, process.env.PATH);
  const bash = find("bash");
  const closing = bash === null ? [] : beyondShell.map((fd) => `${fd}>&-`);
  // Deno lists the passed descriptors in this variable. A Deno child would keep a copy of each, and pass the variable
  // on.
  const script = ['unset DENO_EXTRA_STDIO_FDS; exec "$@"', ...redirections, ...closing].join(" ");
  // Without `--posix`, bash reads the file named by $BASH_ENV.
  const shell = bash === null ? ["/bin/sh"] : [bash, "--posix"];
  const line = [...shell, "-c", script, EXEC_WRAPPER_NAME, ...program];
  const perl = bash === null ? find("perl") : null;
  return perl === null ? line : [perl, "-e", PERL_CLOSER, beyondShell.join(" "), ...line];
}

/**
 * Waits until the wrapper has become the program: before, `/proc/PID/exe` shows a shell. A failed exec shows as the
 * wrapper's exit.
 */
async function wrapperGone(pid: number, program: string, exited: Promise<ProcessExit>): Promise<void> {
  const processes = processesHere();
  const isGone = () => {
    const seen = processes.inspect(pid);
    return seen === null || isDead(seen);
  };
  const isReplaced = () => {
    const argv = processes.argv(pid); // null during execve(2), and for a zombie
    return (argv === null ? isGone() : !argv.includes(EXEC_WRAPPER_NAME)) || null;
  };
  const replaced = await poll(isReplaced, { everyMs: 1, timeoutMs: WRAPPER_DEADLINE_MS });
  if (replaced === null || !isGone()) return;
  // 126 and 127 are the shell's exit codes for a command that is not executable or not found (POSIX, 2.8.2).
  const { code } = await exited;
  if (code === 126) {
    throw cannotRun(
      program,
      "EACCES",
      "permission to execute it is denied",
      "Check its file system (noexec) and permissions",
    );
  }
  if (code === 127) {
    throw cannotRun(program, "ENOENT", "the file, or its interpreter or loader, was not found", "Check the binary");
  }
}
