import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.ts";

/** A version that `go install` takes: one without `replace` in its go.mod. */
export const SERVER_VERSION = "1.29.1";

/** The programs of a Temporal cluster. */
export interface Binaries {
  server: string;
  /** `temporal-sql-tool`, which makes and updates the schema. */
  sqlTool: string;
}

/**
 * Builds them, once, into the clone's cache: minutes on two cores, after which the build cache has most of it.
 *
 * @throws {Error} when Go is not there, or the build fails
 */
export async function buildBinaries(root: string): Promise<Binaries> {
  const bin = join(root, ".cache", "cluster", SERVER_VERSION);
  const binaries = { server: join(bin, "server"), sqlTool: join(bin, "sql") };
  if (existsSync(binaries.server) && existsSync(binaries.sqlTool)) return binaries;
  if (spawnSync("go", ["version"]).status !== 0) {
    throw new Error("Go is not here, which builds the server: install it (https://go.dev/dl) and try again");
  }
  console.log(`Building Temporal's server ${SERVER_VERSION} with go install (minutes, once) …`);
  mkdirSync(bin, { recursive: true });
  const at = `@v${SERVER_VERSION}`;
  const packages = [`go.temporal.io/server/cmd/server${at}`, `go.temporal.io/server/cmd/tools/sql${at}`];
  await run(["nice", "-n", "10", "go", "install", ...packages], { env: { GOBIN: bin } });
  return binaries;
}
