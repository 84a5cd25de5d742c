/**
 * Builds `dist/`, the content of the npm package: the source as JavaScript with its types, because Node runs no TypeScript
 * in `node_modules` (ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING). npm runs it before it packs.
 *
 *   node --import tsx scripts/build_package.ts
 */
import { spawnSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const DIST = "dist";

process.exitCode = main(dirname(dirname(fileURLToPath(import.meta.url))));

function main(root: string): number {
  process.chdir(root);
  rmSync(DIST, { recursive: true, force: true });
  // To stderr: `npm pack --json` prints its own answer on stdout.
  const { status, error } = spawnSync(process.execPath, [
    "node_modules/typescript/bin/tsc",
    "-p",
    "tsconfig.package.json",
  ], {
    stdio: ["ignore", process.stderr, process.stderr],
  });
  if (error !== undefined) throw error;
  if (status !== 0) return status ?? 1;
  const packages = standardPackages();
  for (const name of readdirSync(DIST, { recursive: true, encoding: "utf8" })) {
    const path = join(DIST, name);
    if (/\.(js|d\.ts)$/.test(name)) writeFileSync(path, finished(readFileSync(path, "utf8"), path, packages));
  }
  chmodSync(join(DIST, "stigmer-local.js"), 0o755);
  return 0;
}

/** The compat file for each module of @std. */
function standardPackages(): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of readdirSync("compat/std")) {
    const { exports } = JSON.parse(readFileSync(join("compat/std", name, "package.json"), "utf8")) as {
      exports: Record<string, string>;
    };
    for (const [key, file] of Object.entries(exports)) {
      found.set(join("@std", name, key), join(DIST, "compat/std", name, file.replace(/\.ts$/, ".js")));
    }
  }
  return found;
}

/** Rewrites what tsc leaves unchanged: paths in types and in `new URL()`, the names of @std, and the entry's shebang. */
function finished(text: string, path: string, packages: ReadonlyMap<string, string>): string {
  return text
    .replace(/^#!.*/, "#!/usr/bin/env node")
    .replace(/(["'])(\.\.?\/[^"'\n]*)\.ts\1/g, "$1$2.js$1")
    .replace(/(["'])(@std\/[^"'\n]*)\1/g, (_, quote: string, specifier: string) => {
      const target = packages.get(specifier);
      if (target === undefined) throw new Error(`${path} imports ${specifier}, which compat/std does not have`);
      return `${quote}./${relative(dirname(path), target)}${quote}`;
    });
}
