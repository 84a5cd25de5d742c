import { lstat } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { isNotOnPath, messageOf } from "../../errors/local_error.ts";

/** More answers are forgotten, in order to stay small. */
const MOST_REMEMBERED = 10_000;
/** How long git may take, in ms: a file system can hang. */
const DEADLINE_MS = 10_000;
const MAX_ERROR_CHARS = 500;

/** What git ignores below a path, with the answers so far: a log that is written each second must not cost a process each. */
export class GitRules {
  readonly #signal: AbortSignal;
  readonly #onFailure: (reason: string) => void;
  readonly #repositories = new Map<string, string | null>();
  readonly #ignored = new Set<string>();

  /** @param onFailure Told why git could not be asked; then nothing counts as ignored. */
  constructor(signal: AbortSignal, onFailure: (reason: string) => void) {
    this.#signal = signal;
    this.#onFailure = onFailure;
  }

  /** Whether git was seen to ignore `path`. */
  isKnownIgnored(path: string): boolean {
    return this.#ignored.has(path);
  }

  /** Forgets all answers: the rules have changed. */
  forget(): void {
    this.#repositories.clear();
    this.#ignored.clear();
  }

  /** Those of `paths` that git ignores. A folder may end with a slash, and has to if it does not exist. */
  async ignoredOf(paths: readonly string[]): Promise<Set<string>> {
    const ignored = new Set<string>();
    const asked = new Map<string, string[]>();
    for (const path of paths) {
      if (this.#ignored.has(withoutSlash(path))) ignored.add(path);
      else {
        const repository = await this.#repositoryOf(dirname(path));
        if (repository === null) continue;
        const ofIt = asked.get(repository);
        if (ofIt === undefined) asked.set(repository, [path]);
        else ofIt.push(path);
      }
    }
    for (const [repository, ofIt] of asked) {
      const answer = await askGit(repository, ofIt, this.#signal);
      if ("failed" in answer) this.#onFailure(answer.failed);
      else answer.ignored.forEach((path) => ignored.add(path));
    }
    if (this.#ignored.size > MOST_REMEMBERED) this.#ignored.clear();
    ignored.forEach((path) => this.#ignored.add(withoutSlash(path)));
    return ignored;
  }

  /** The work tree that `folder` lies in; null if there is none. */
  async #repositoryOf(folder: string): Promise<string | null> {
    const found = this.#repositories.get(folder);
    if (found !== undefined) return found;
    const parent = dirname(folder);
    const isRepository = await lstat(join(folder, ".git")).then(() => true, () => false);
    const repository = isRepository ? folder : parent === folder ? null : await this.#repositoryOf(parent);
    this.#repositories.set(folder, repository);
    return repository;
  }
}

function withoutSlash(path: string): string {
  return path.endsWith("/") ? path.slice(0, -1) : path;
}

/** What git says, or why it says nothing. */
type GitAnswer = { ignored: ReadonlySet<string> } | { failed: string };

/**
 * Which of `paths` git ignores (gitignore(5), info/exclude and core.excludesFile); tracked files are not ignored.
 *
 * @param repository The innermost work tree that the paths lie in: git refuses to answer for a nested one.
 * @param paths Absolute, without links. A folder that does not exist has to end with a slash to be taken for one.
 * @param signal Ends git.
 * @throws the reason of `signal`
 */
async function askGit(repository: string, paths: readonly string[], signal: AbortSignal): Promise<GitAnswer> {
  // Loaded here: a stack without watched files runs no program this way.
  const { runProgram } = await import("../../platform/spawn/run_program.ts");
  // core.fsmonitor would start a daemon, which inherits what this process has open.
  const args = ["-C", repository, "-c", "core.fsmonitor=false", "check-ignore", "-z", "--stdin"];
  let output = "";
  let errors = "";
  const end = await runProgram("git", args, {
    env: environment(),
    input: paths.map((path) => `${path}\0`).join(""),
    onStdout: (text) => output += text,
    onStderr: (text) => errors = (errors + text).slice(0, MAX_ERROR_CHARS),
    timeoutMs: DEADLINE_MS,
    signal,
  });
  if (end.kind === "not-run") return { failed: reasonOf(end.error) };
  const code = end.kind === "exited" ? end.exitCode : null;
  // 1 means that none is ignored, see git-check-ignore(1).
  if (code === 0 || code === 1) return { ignored: new Set(output.split("\0").filter((each) => each !== "")) };
  const [line = ""] = errors.trim().split("\n");
  return { failed: line || (code === null ? "it was killed, or took 10 s" : `it exited with ${code}`) };
}

/** Without what git sets for a hook, such as GIT_DIR. */
function environment(): Record<string, string | undefined> {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_"));
  return { ...Object.fromEntries(entries), LC_ALL: "C", GIT_OPTIONAL_LOCKS: "0" };
}

function reasonOf(error: unknown): string {
  return isNotOnPath(error) ? "git was not found on PATH" : messageOf(error);
}
