import { spawn } from "node:child_process";
import process from "node:process";
import { isNotOnPath, LocalError } from "../../errors/local_error.ts";
import { isDeno } from "../runtime/host.ts";
import { setCloseOnExec } from "../spawn/close_on_exec.ts";
import { findSystemTool } from "../spawn/executable.ts";

/** The outcome of a helper. `absent`: the program is not installed; `ended`: a signal killed it. */
type Answer = { kind: "taken" } | { kind: "held" } | { kind: "absent" } | { kind: "ended" } | {
  kind: "failed";
  why: string;
};

/** A program that takes flock(2) on its descriptor 3, and so for every process that shares the open file. */
interface Helper {
  command: string;
  args: string[];
  /** Interprets its exit code and stderr. */
  read(code: number, complaint: string): Answer;
}

/**
 * Ctrl-C on a terminal kills a helper too, which is in the same process group; this process decides how to react to the
 * signal.
 */
const MAX_TRIES = 5;

/**
 * Takes an exclusive flock(2) on the open file `fd` without waiting, by a helper program that inherits it; false if it
 * is held elsewhere. Takes 3–4 ms.
 *
 * @param path Path of the file, for messages.
 * @throws {LocalError} `lock-failed` if locking fails: no helper program, or a file system without locks
 */
export async function flockByHelper(fd: number, path: string): Promise<boolean> {
  for (const helper of [FLOCK, PERL]) {
    let answer = await ask(helper, fd);
    for (let tries = 1; answer.kind === "ended" && tries < MAX_TRIES; tries++) answer = await ask(helper, fd);
    if (answer.kind === "taken") return true;
    if (answer.kind === "held") return false;
    if (answer.kind === "failed") throw failed(path, answer.why);
    if (answer.kind === "ended") throw failed(path, `${helper.command} was killed by a signal`);
  }
  throw failed(path, "neither flock(1) nor perl is installed", "Install util-linux, busybox or perl");
}

/**
 * If the lock is held, flock(1) of util-linux and busybox exits with 1 and no output; busybox's also exits with 1, but
 * with a message, if it fails.
 */
const FLOCK: Helper = {
  command: "flock",
  args: ["-n", "3"],
  read: (code, complaint) => {
    if (code === 0) return { kind: "taken" };
    return code === 1 && complaint === ""
      ? { kind: "held" }
      : { kind: "failed", why: complaint || `flock exited with ${code}` };
  },
};

/** `$^F = 3`: perl sets close-on-exec on descriptors above it. EAGAIN is 11 on Linux, 35 on macOS. */
const PERL: Helper = {
  command: "perl",
  args: [
    "-e",
    "BEGIN { $^F = 3 } open my $h, '+<&=', 3 or exit 2; exit 0 if flock $h, 6; exit 1 if $! == 11 || $! == 35; print STDERR $!; exit 2",
  ],
  read: (code, complaint) => {
    if (code === 0) return { kind: "taken" };
    return code === 1 ? { kind: "held" } : { kind: "failed", why: complaint || `perl exited with ${code}` };
  },
};

/**
 * Not spawnSync, which blocks signal handlers. Not detached: in this process group it counts as part of this process.
 */
async function ask(helper: Helper, fd: number): Promise<Answer> {
  const program = findSystemTool(helper.command, process.env.PATH);
  if (program === null) return { kind: "absent" };
  const mask = setCloseOnExec();
  let child;
  try {
    // Without the caller's LD_PRELOAD, PERL5OPT …, which can print to stderr: output means failure.
    const env = process.env["PATH"] === undefined ? {} : { PATH: process.env["PATH"] };
    child = spawn(program, helper.args, { env, stdio: ["ignore", "ignore", "pipe", fd] });
  } catch (error) {
    if (isNotOnPath(error)) return { kind: "absent" };
    throw error;
  } finally {
    mask.restore();
  }
  return await new Promise((resolve, reject) => {
    let complaint = "";
    child.stderr!.setEncoding("utf8").on("data", (text: string) => complaint += text);
    child.once("error", (error) => isNotOnPath(error) ? resolve({ kind: "absent" }) : reject(error));
    child.once("close", (code) => resolve(code === null ? { kind: "ended" } : helper.read(code, complaint.trim())));
  });
}

function failed(path: string, why: string, hint = "Choose a --home on a local disk"): LocalError {
  return new LocalError("lock-failed", `Cannot lock ${path}: ${why}`, {
    hint,
    facts: { path, runtime: isDeno ? "deno" : "node", pid: process.pid },
  });
}
