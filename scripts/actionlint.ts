import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

const VERSION = "1.7.7";
/** How long the build may take, in ms; it takes 10 s, most of it for downloads. */
const BUILD_MS = 60_000;
/** How long a failed build is not tried again, in ms. */
const RETRY_MS = 24 * 3_600_000;

/**
 * The path of actionlint, which checks the workflows in .github: built with Go into .tools, once. Null where that is not
 * possible.
 */
export function findActionlint(root: string): string | null {
  const tools = join(root, ".tools");
  const path = join(tools, `actionlint-${VERSION}`);
  if (existsSync(path)) return path;
  const failure = join(root, ".cache", `no-actionlint-${VERSION}`);
  const failedAt = statSync(failure, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (Date.now() - failedAt < RETRY_MS) return null;
  const scratch = join(tools, `build-actionlint-${process.pid}`);
  mkdirSync(scratch, { recursive: true });
  try {
    const { status } = spawnSync("go", ["install", `github.com/rhysd/actionlint/cmd/actionlint@v${VERSION}`], {
      env: { ...process.env, GOBIN: scratch, GOFLAGS: "" },
      stdio: "ignore",
      timeout: BUILD_MS,
      killSignal: "SIGKILL",
    });
    if (status === 0) {
      renameSync(join(scratch, "actionlint"), path);
      return path;
    }
    mkdirSync(join(root, ".cache"), { recursive: true });
    writeFileSync(failure, "");
    return null;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
