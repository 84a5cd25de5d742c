import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.ts";

/** A version that `go install` can build: its go.mod has no `replace`. */
export const SERVER_VERSION = "1.29.1";

/** The programs of a Temporal cluster. */
export interface Binaries {
  server: string;
  /** `temporal-sql-tool`, which creates and updates the schema. */
  sqlTool: string;
}

/**
 * Builds them into the clone's cache, unless they are there: minutes on two cores the first time.
 *
 * @throws {Error} when Go is missing, or the build fails
 */
export async function buildBinaries(root: string): Promise<Binaries> {
  const bin = join(root, ".cache", "cluster", SERVER_VERSION);
  const binaries = { server: join(bin, "server"), sqlTool: join(bin, "sql") };
  if (existsSync(binaries.server) && existsSync(binaries.sqlTool)) return binaries;
  if (spawnSync("go", ["version"]).status !== 0) {
    throw new Error("Cannot find Go, which builds the server: install it (https://go.dev/dl) and try again");
  }
  console.log(`Building Temporal's server ${SERVER_VERSION} with go install (minutes, once) …`);
  mkdirSync(bin, { recursive: true });
  const at = `@v${SERVER_VERSION}`;
  const packages = [`go.temporal.io/server/cmd/server${at}`, `go.temporal.io/server/cmd/tools/sql${at}`];
  await run(["nice", "-n", "10", "go", "install", ...packages], { env: { GOBIN: bin } });
  return binaries;
}
