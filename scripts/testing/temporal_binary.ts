import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";

const VERSION = "1.5.1";

/**
 * The real Temporal for the tests: `STIGMER_TEMPORAL_BIN`, an earlier build, the tool's managed binary, or a new build
 * (about 3 minutes; undefined unless `mayBuild`).
 *
 * @throws {Error} when the build fails, or Go is missing
 */
export function findTemporal(root: string, mayBuild: boolean): string | undefined {
  const tools = join(root, ".tools");
  const built = join(tools, `temporal-${VERSION}`);
  const named = process.env["STIGMER_TEMPORAL_BIN"];
  if (named) return named;
  const managed = join(homedir(), ".stigmer", "bin");
  for (const path of [built, join(managed, `temporal-${VERSION}`), join(managed, VERSION, "temporal")]) {
    if (existsSync(path)) return path;
  }
  if (!mayBuild) return undefined;
  console.log(`Building Temporal ${VERSION} with Go for the tests (about 3 minutes, once) …`);
  mkdirSync(tools, { recursive: true });
  const scratch = join(tools, `build-${process.pid}`);
  execFileSync("go", [
    "install",
    "-ldflags",
    `-s -w -X github.com/temporalio/cli/temporalcli.Version=${VERSION}`,
    `github.com/temporalio/cli/cmd/temporal@v${VERSION}`,
  ], { env: { CGO_ENABLED: "0", ...process.env, GOBIN: scratch, GOFLAGS: "" }, stdio: "inherit" });
  renameSync(join(scratch, "temporal"), built);
  rmSync(scratch, { recursive: true });
  return built;
}
