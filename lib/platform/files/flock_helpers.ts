import { spawn } from "node:child_process";
import process from "node:process";
import { isNotOnPath, LocalError } from "../../errors/local_error.ts";
import { isDeno } from "../runtime/host.ts";
import { setCloseOnExec } from "../spawn/close_on_exec.ts";

/** How a helper answered. `absent`: there is no such program here. */
type Answer = { kind: "taken" } | { kind: "held" } | { kind: "absent" } | { kind: "ended" } | {
  kind: "failed";
  why: string;
};

/** A program that locks the file that it gets as descriptor 3, for all who have it open. */
interface Helper {
  command: string;
  args: string[];
  /** What its exit code (and what it complained about) says. */
  read(code: number, complaint: string): Answer;
}

/** Ctrl-C on a terminal ends a helper too, which is in our group: what follows from it is ours to say. */
const MAX_TRIES = 5;

/**
 * Lets a program that inherits our open file `fd` take flock(2) on it, exclusive, without waiting: false when another open
 * file has it. 3–4 ms.
 *
 * @param path For messages.
 * @throws {LocalError} `lock-failed` when it can't be known: no helper, or no locks on this file system
 */
export async function flockByHelper(fd: number, path: string): Promise<boolean> {
  for (const helper of [FLOCK, PERL]) {
    let answer = await ask(helper, fd);
    for (let tries = 1; answer.kind === "ended" && tries < MAX_TRIES; tries++) answer = await ask(helper, fd);
    if (answer.kind === "taken") return true;
    if (answer.kind === "held") return false;
    if (answer.kind === "failed") throw failed(path, answer.why);
    if (answer.kind === "ended") throw failed(path, `${helper.command} was ended by a signal`);
  }
  throw failed(path, "neither flock(1) nor perl is there to do it", "Install util-linux, busybox or perl");
}

/** util-linux' and busybox' exit with 1 and silently when the lock is held; busybox' also, with a word, when it fails. */
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

/** `$^F = 3`: perl closes what is above it at exec, and marks what it opens. EAGAIN is 11 on Linux, 35 on macOS. */
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

/** Not spawnSync: while it waits, no signal is handled. Not detached: it stays in our group, and so counts as us. */
async function ask(helper: Helper, fd: number): Promise<Answer> {
  const mask = setCloseOnExec();
  let child;
  try {
    child = spawn(helper.command, helper.args, { stdio: ["ignore", "ignore", "pipe", fd] });
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
