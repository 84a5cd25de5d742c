import { dirname } from "node:path";
import { askGit, findRepository } from "./git_ignored.ts";

/** More answers are forgotten, in order to stay small. */
const MOST_REMEMBERED = 10_000;

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
        const repository = await findRepository(dirname(path), this.#repositories);
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
}

function withoutSlash(path: string): string {
  return path.endsWith("/") ? path.slice(0, -1) : path;
}
