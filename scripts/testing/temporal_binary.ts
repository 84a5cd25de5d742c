import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { buildTemporal } from "../../lib/binary/go_build/build.ts";
import { NEWEST_GO_VERSION as VERSION } from "../../lib/config/temporal_versions.ts";

/**
 * The real Temporal for the tests: `STIGMER_TEMPORAL_BIN`, an earlier build, the tool's managed binary, or a new build
 * (about 3 minutes; undefined unless `mayBuild`).
 *
 * @throws {Error} when the build fails, or Go is missing
 */
export async function findTemporal(root: string, mayBuild: boolean): Promise<string | undefined> {
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
  const scratch = join(tools, `build-${process.pid}`);
  mkdirSync(scratch, { recursive: true });
  try {
    renameSync(await buildTemporal(scratch, { version: VERSION, env: process.env, onProgress: () => {} }), built);
    return built;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
