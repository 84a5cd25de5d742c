import { rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { buildBundle, FILE } from "../bundle/build.ts";

/** The one file of a test run. */
export interface TestBundle {
  path: string;
  remove(): void;
}

/**
 * Builds the one file for a test run, so that edits during the run do not affect it. It lies inside the clone, to find
 * node-sqlite3-wasm.
 */
export async function buildTestBundle(root: string): Promise<TestBundle> {
  const folder = join(root, ".cache", `test-${process.pid}`);
  await buildBundle({ root, folder, commit: null });
  return { path: join(folder, FILE), remove: () => rmSync(folder, { recursive: true, force: true }) };
}
