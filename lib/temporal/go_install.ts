import { spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { daemonEnvironment } from "../core/daemon_environment.ts";
import { explainGoFailure, type GoProgress, NO_GO_PROGRESS, readGoLine } from "../core/go_output.ts";
import { LocalError, systemErrorCode } from "../core/local_error.ts";
import { isVersion } from "../core/versions.ts";
import { tryLock } from "../system/lock_file.ts";
import { managedBinaryPath, type TemporalBinary } from "./find_temporal.ts";
import { readTemporalVersion } from "./temporal_version.ts";

/** How far a build is. `waiting` for another install to end, `checking` that the new binary runs. */
export type BuildProgress = (GoProgress | { phase: "waiting" | "checking" }) & { seconds: number };

/** What {@linkcode buildTemporal} builds, and how. */
export interface BuildOptions {
  version: string;
  /** The instance's home, which exists. */
  home: string;
  /** The caller's environment: where Go is, its proxy, its caches. */
  env: Readonly<Record<string, string | undefined>>;
  /** Called whenever something is known, and each second. */
  onProgress?: (progress: BuildProgress) => void;
  /** Ends the build, and leaves nothing behind. */
  signal?: AbortSignal;
}

/** What a cold build of the default version shows at its end, for who wants to show a share. */
export const BUILD_TOTALS = { modules: 160, packages: 1_300 } as const;

const PACKAGE = "github.com/temporalio/cli/cmd/temporal";
/** Where the tool keeps its version; a plain `go install` leaves `0.0.0-DEV` there (its .goreleaser.yml). */
const VERSION_VARIABLE = "github.com/temporalio/cli/temporalcli.Version";
const SCRATCH_PREFIX = ".build-";
const WAIT_INTERVAL_MS = 200;
/** `go` forwards an interrupt to its compilers and removes what it was writing. */
const INTERRUPT_GRACE_MS = 1_000;
const MAX_KEPT_OUTPUT = 64 * 1024;

/**
 * Builds Temporal's command-line tool with `go install` and puts it into the home's `bin` as the managed binary of its
 * version. Several calls at once, also of several processes, build one: the others wait, then find it.
 *
 * All that is in the making, Go's own temporary files included, is in one folder that the next build removes when this
 * one is killed.
 *
 * @throws {LocalError} `install-failed` with what Go said, `interrupted` when `signal` ended it
 */
export async function buildTemporal(options: BuildOptions): Promise<TemporalBinary> {
  const { version, home, signal } = options;
  if (!isVersion(version)) throw new LocalError("usage", `Cannot install Temporal '${version}': not a version`);
  const bin = join(home, "bin");
  const target = managedBinaryPath(home, version);
  const began = performance.now();
  let latest: GoProgress | { phase: "waiting" | "checking" } = NO_GO_PROGRESS;
  const tell = (progress = latest) => {
    latest = progress;
    options.onProgress?.({ ...progress, seconds: Math.floor((performance.now() - began) / 1_000) });
  };
  const ticker = setInterval(tell, 1_000);
  try {
    mkdirSync(bin, { recursive: true, mode: 0o700 });
    const lock = await waitForLock(join(bin, "install.lock"), tell, signal);
    try {
      if (existsSync(target)) return { path: target, source: "managed", version };
      removeScratch(bin);
      const scratch = mkdtempSync(join(bin, SCRATCH_PREFIX));
      try {
        await goInstall(options, scratch, tell);
        tell({ phase: "checking" });
        const built = join(scratch, "temporal");
        await checkVersion(built, version, signal);
        putInPlace(built, target, bin);
      } finally {
        rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
      }
      return { path: target, source: "built", version };
    } finally {
      lock.close();
    }
  } catch (error) {
    const code = systemErrorCode(error);
    if (error instanceof LocalError || code === undefined) throw error;
    throw failed(version, {
      message: `${bin} can't be written (${code})`,
      hint: `check the permissions and the space of ${bin}`,
    }, error);
  } finally {
    clearInterval(ticker);
  }
}

async function waitForLock(path: string, tell: (progress: { phase: "waiting" }) => void, signal?: AbortSignal) {
  for (;;) {
    if (signal?.aborted) throw interrupted();
    const lock = await tryLock(path);
    if (lock !== null) return lock;
    tell({ phase: "waiting" });
    await new Promise<void>((resume) => setTimeout(resume, WAIT_INTERVAL_MS));
  }
}

/** To be called with the lock held: whose folder is here then was killed. */
function removeScratch(bin: string): void {
  for (const name of readdirSync(bin)) {
    if (name.startsWith(SCRATCH_PREFIX)) rmSync(join(bin, name), { recursive: true, force: true, maxRetries: 5 });
  }
}

async function goInstall(options: BuildOptions, scratch: string, tell: (progress: GoProgress) => void): Promise<void> {
  const { version, signal } = options;
  const child = spawn("go", [
    ...["install", "-v", "-ldflags", `-s -w -X ${VERSION_VARIABLE}=${version}`],
    `${PACKAGE}@v${version}`,
  ], { cwd: scratch, env: goEnvironment(options.env, scratch), detached: true, stdio: ["ignore", "ignore", "pipe"] });

  let output = "";
  let unfinished = "";
  let progress = NO_GO_PROGRESS;
  child.stderr.setEncoding("utf8");
  child.stderr.on("data", (text: string) => {
    output = (output + text).slice(-MAX_KEPT_OUTPUT);
    const lines = (unfinished + text).split("\n");
    unfinished = lines.pop() ?? "";
    for (const line of lines) progress = readGoLine(progress, line);
    tell(progress);
  });

  let killTimer: ReturnType<typeof setTimeout> | undefined;
  const onAbort = () => {
    signalGroup(child.pid, "SIGINT");
    killTimer = setTimeout(() => signalGroup(child.pid, "SIGKILL"), INTERRUPT_GRACE_MS);
  };
  signal?.addEventListener("abort", onAbort);
  if (signal?.aborted) onAbort();
  try {
    const end = await new Promise<{ code: number | null } | { error: unknown }>((resolve) => {
      child.once("error", (error) => resolve({ error }));
      child.once("close", (code) => resolve({ code }));
    });
    if (signal?.aborted) {
      signalGroup(child.pid, "SIGKILL"); // a compiler that outlived its go
      throw interrupted();
    }
    if ("error" in end) throw goNotStarted(version, end.error);
    if (end.code !== 0) throw failed(version, explainGoFailure(output), undefined, output);
  } finally {
    clearTimeout(killTimer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Go's own settings stay the caller's, but for those that would put the binary elsewhere or build it for elsewhere. */
function goEnvironment(env: Readonly<Record<string, string | undefined>>, scratch: string): Record<string, string> {
  const kept = Object.entries(daemonEnvironment(env)).filter(([name]) => !["GOOS", "GOARCH"].includes(name));
  // Go's own installer puts it where PATH seldom leads.
  const PATH = `${env["PATH"] ?? ""}:/usr/local/go/bin`;
  return { ...Object.fromEntries(kept), PATH, GOBIN: scratch, GOTMPDIR: scratch, GOWORK: "off" };
}

async function checkVersion(built: string, version: string, signal?: AbortSignal): Promise<void> {
  const { cli } = await readTemporalVersion(built, signal);
  if (cli !== version) {
    throw failed(version, {
      message: `what was built says that it is ${cli ?? "of no version"}`,
      hint: "report this, it is a bug",
    });
  }
}

function putInPlace(built: string, target: string, bin: string): void {
  for (const [path, move] of [[built, true], [bin, false]] as const) {
    const fd = openSync(path, "r");
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    if (move) renameSync(built, target);
  }
}

function signalGroup(pid: number | undefined, signal: "SIGINT" | "SIGKILL"): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // Gone, or (macOS) nothing but zombies.
    if (!["ESRCH", "EPERM"].includes(systemErrorCode(error) ?? "")) throw error;
  }
}

function goNotStarted(version: string, error: unknown): LocalError {
  const code = systemErrorCode(error) ?? String(error);
  const message = code === "ENOENT" ? "there is no go on PATH" : `go can't be run (${code})`;
  return failed(version, {
    message,
    hint: "install Go (https://go.dev/dl), or name a Temporal binary with --temporal-bin",
  }, error);
}

function failed(
  version: string,
  { message, hint }: { message: string; hint: string },
  cause?: unknown,
  output?: string,
): LocalError {
  return new LocalError("install-failed", `Cannot build Temporal ${version} with go install: ${message}`, {
    hint,
    facts: { version, ...(output === undefined ? {} : { goOutput: output.trim().split("\n").slice(-10) }) },
    ...(cause === undefined ? {} : { cause }),
  });
}

function interrupted(): LocalError {
  return new LocalError("interrupted", "The build of Temporal was interrupted; what it had made was removed", {
    exitCode: 130,
  });
}
