import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One test file, with the options in its first comments. */
export interface TestFile {
  /** Relative to the clone. */
  path: string;
  /** Runs after the others, under both runtimes at once, because it loads the machine. Comment `// test: heavy` at the start of a line. */
  isHeavy: boolean;
  /** Time limit, `// test: seconds 600`. */
  limitSeconds: number;
  /** Needs a real Temporal: the e2e tests, and tests that get one from the support code. */
  needsTemporal: boolean;
  /** Runs with `--quick`: neither an e2e test nor heavy, or marked `// test: central`. */
  isQuick: boolean;
}

const DEFAULT_LIMIT_SECONDS = 600;

/** The test files under `folder` (relative to `root`) whose path contains one of `filters`. */
export function findTestFiles(root: string, folder: string, filters: string[]): TestFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts") && !name.includes("node_modules"))
    .map((name) => join(folder, name))
    .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)))
    .sort()
    .map((path) => describe(path, readFileSync(join(root, path), "utf8")));
}

function describe(path: string, source: string): TestFile {
  const isHeavy = /^\/\/ test: heavy$/m.test(source);
  return {
    path,
    isHeavy,
    isQuick: /^\/\/ test: central$/m.test(source) || !(isHeavy || path.startsWith("tests/e2e/")),
    limitSeconds: Number(/^\/\/ test: seconds (\d+)$/m.exec(source)?.[1] ?? DEFAULT_LIMIT_SECONDS),
    needsTemporal: path.startsWith("tests/e2e/") || /STIGMER_TEST_TEMPORAL|realTemporal|temporalBinary/.test(source),
  };
}
