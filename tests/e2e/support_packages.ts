import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { buildBundle } from "../../scripts/bundle/build.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Packages of examples, installed once per clone. */
const CACHE = join(ROOT, ".cache", "example-packages");

/** A folder that `fill` filled once; why it could not, if so. */
type Cached = { folder: string } | { why: string };

function cached(key: string, fill: (folder: string) => string | null): Cached {
  const folder = join(CACHE, key);
  if (existsSync(folder)) return { folder };
  mkdirSync(CACHE, { recursive: true });
  const unfinished = mkdtempSync(join(CACHE, "unfinished-"));
  const why = fill(unfinished);
  if (why !== null) return { why };
  try {
    renameSync(unfinished, folder);
  } catch {
    // Another run was faster.
  }
  return { folder };
}

/** Runs an installer with the user's own configuration of registries; the end of its output if it fails. */
function install(command: string, args: readonly string[], cwd: string): string | null {
  const env = {
    ...process.env,
    HOME: userInfo().homedir,
    NODE_EXTRA_CA_CERTS: process.env["STIGMER_TEST_EXTRA_CA_CERTS"],
  };
  const { status, stderr, error } = spawnSync(command, args, { cwd, env, encoding: "utf8", timeout: 300_000 });
  return status === 0 ? null : `${command} ${args[0]}: ${error?.message ?? stderr.slice(-500)}`;
}

/**
 * Puts what the project's package.json names into its node_modules, and this tool as the package `stigmer-local`. Returns
 * why that is not possible, for example without a network.
 */
export async function installNpmPackages(project: string): Promise<string | null> {
  const manifest = readFileSync(join(project, "package.json"), "utf8");
  const key = createHash("sha256").update(manifest).digest("hex").slice(0, 12);
  const packages = cached(`npm-${key}`, (folder) => {
    cpSync(join(project, "package.json"), join(folder, "package.json"));
    return install("npm", ["install", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"], folder);
  });
  if ("why" in packages) return packages.why;
  const modules = join(project, "node_modules");
  mkdirSync(modules);
  const installed = join(packages.folder, "node_modules");
  for (const name of readdirSync(installed)) symlinkSync(join(installed, name), join(modules, name));
  await buildBundle({ root: ROOT, folder: join(modules, "stigmer-local", "dist"), library: true, commit: null });
  cpSync(join(ROOT, "package.json"), join(modules, "stigmer-local", "package.json"));
  return null;
}

/** The programs of a Python environment with pytest, or why there is none. */
export function pytestPrograms(): { bin: string } | { why: string } {
  const made = pythonEnvironment("pytest>=9,<10");
  return "why" in made ? made : { bin: join(made.folder, "bin") };
}

/** A Python environment with these packages, made once per clone; or why there is none. */
export function pythonEnvironment(...packages: string[]): { folder: string } | { why: string } {
  const key = createHash("sha256").update(packages.join("\n")).digest("hex").slice(0, 12);
  const made = cached(`python-${key}`, () => null);
  if ("why" in made) return made;
  // In its final place, whose path its programs contain.
  const complete = join(made.folder, "complete");
  if (existsSync(complete)) return made;
  const why = install("python3", ["-m", "venv", "."], made.folder) ??
    install(join(made.folder, "bin", "pip"), ["install", "--quiet", ...packages], made.folder);
  if (why !== null) return { why };
  writeFileSync(complete, "");
  return made;
}

/**
 * Downloads what a Go module needs, and builds it, so that later builds are quick; why there is no download, if so.
 *
 * @throws {Error} when it cannot be built
 */
export function buildGoModule(folder: string): string | null {
  const why = install("go", ["mod", "download"], folder);
  if (why !== null) return why;
  const broken = install("go", ["build", "./..."], folder);
  if (broken !== null) throw new Error(broken);
  return null;
}
