import { lstat } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { isNotOnPath, messageOf } from "../../errors/local_error.ts";
import { setCloseOnExec } from "../../platform/spawn/close_on_exec.ts";

/** How long git may take, in ms: a file system can hang. */
const DEADLINE_MS = 10_000;
const MAX_ERROR_CHARS = 500;

/** What git says, or why it says nothing. */
export type GitAnswer = { ignored: ReadonlySet<string> } | { failed: string };

/**
 * Which of `paths` git ignores (gitignore(5), info/exclude and core.excludesFile); tracked files are not ignored.
 * Never throws.
 *
 * @param repository The innermost work tree that the paths lie in: git refuses to answer for a nested one.
 * @param paths Absolute, without links. A folder that does not exist has to end with a slash to be taken for one.
 * @param signal Ends git.
 */
export async function askGit(repository: string, paths: readonly string[], signal: AbortSignal): Promise<GitAnswer> {
  // Loaded here, because a stack without watched files needs no child of this kind.
  const { spawn } = await import("node:child_process");
  // core.fsmonitor would start a daemon, which inherits what this process has open.
  const args = ["-C", repository, "-c", "core.fsmonitor=false", "check-ignore", "-z", "--stdin"];
  const mask = setCloseOnExec();
  let child;
  try {
    child = spawn("git", args, { env: environment(), stdio: "pipe", timeout: DEADLINE_MS, killSignal: "SIGKILL" });
  } catch (error) {
    return { failed: reasonOf(error) };
  } finally {
    mask.restore();
  }
  const kill = () => void child.kill("SIGKILL");
  signal.addEventListener("abort", kill);
  if (signal.aborted) kill();
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => output += text);
  child.stderr.setEncoding("utf8").on("data", (text: string) => errors = (errors + text).slice(0, MAX_ERROR_CHARS));
  child.stdin.on("error", () => {}); // git has exited; its exit code tells
  child.stdin.end(paths.map((path) => `${path}\0`).join(""));
  const end = await new Promise<{ code: number | null } | { error: unknown }>((resolve) => {
    child.once("error", (error) => resolve({ error }));
    child.once("close", (code) => resolve({ code }));
  });
  signal.removeEventListener("abort", kill);
  if ("error" in end) return { failed: reasonOf(end.error) };
  // 1 means that none is ignored, see git-check-ignore(1).
  if (end.code === 0 || end.code === 1) return { ignored: new Set(output.split("\0").filter((each) => each !== "")) };
  const [line = ""] = errors.trim().split("\n");
  return { failed: line || (end.code === null ? "it was killed, or took 10 s" : `it exited with ${end.code}`) };
}

/** The work tree that `folder` lies in; null if there is none. `known` has the answers for other folders, and gets more. */
export async function findRepository(folder: string, known: Map<string, string | null>): Promise<string | null> {
  const found = known.get(folder);
  if (found !== undefined) return found;
  const parent = dirname(folder);
  const isRepository = await lstat(join(folder, ".git")).then(() => true, () => false);
  const repository = isRepository ? folder : parent === folder ? null : await findRepository(parent, known);
  known.set(folder, repository);
  return repository;
}

/** Without what git sets for a hook, such as GIT_DIR. */
function environment(): Record<string, string | undefined> {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_"));
  return { ...Object.fromEntries(entries), LC_ALL: "C", GIT_OPTIONAL_LOCKS: "0" };
}

function reasonOf(error: unknown): string {
  return isNotOnPath(error) ? "git was not found on PATH" : messageOf(error);
}
