import { join } from "node:path";
import process from "node:process";
import { withoutSession } from "../../environment/daemon_environment.ts";
import { isNotOnPath, LocalError, type LocalErrorOptions, systemErrorCode } from "../../errors/local_error.ts";
import { runProgram } from "../../platform/spawn/run_program.ts";
import { readTemporalVersion } from "../ask_binary.ts";
import type { InstallStepOptions } from "../render_install.ts";
import { unsearchedFolders } from "../unsearched_folders.ts";
import { explainGoFailure, NO_GO_PROGRESS, readGoLine } from "./go_output.ts";

const PACKAGE = "github.com/temporalio/cli/cmd/temporal";
/** The variable that holds the CLI's version; a plain `go install` leaves `0.0.0-DEV` there (its .goreleaser.yml). */
const VERSION_VARIABLE = "github.com/temporalio/cli/temporalcli.Version";
/** Time for `go` to forward SIGINT to its compilers and remove incomplete files. */
const INTERRUPT_GRACE_MS = 1_000;
const MAX_KEPT_OUTPUT = 64 * 1024;

/**
 * Builds Temporal's CLI with `go install` in the folder `scratch`, which also holds Go's temporary files.
 *
 * @returns the path of the binary
 * @throws {LocalError} `install-failed` with Go's message
 * @throws the reason of `signal`
 */
export async function buildTemporal(scratch: string, options: InstallStepOptions): Promise<string> {
  const { version, onProgress, signal } = options;
  onProgress(NO_GO_PROGRESS);
  await runGoInstall(scratch, options);
  onProgress({ phase: "checking" });
  const built = join(scratch, "temporal");
  const { cli } = await readTemporalVersion(built, signal);
  if (cli === version) return built;
  throw buildFailed(version, `the built binary reports ${cli === null ? "no version" : `version ${cli}`}`, {
    hint: "This is a bug: please report it",
  });
}

/** Go and its compilers are one process group, which is killed when the signal aborts. */
async function runGoInstall(scratch: string, { version, env, onProgress, signal }: InstallStepOptions): Promise<void> {
  let output = "";
  let unfinished = "";
  let progress = NO_GO_PROGRESS;
  const onStderr = (text: string) => {
    output = (output + text).slice(-MAX_KEPT_OUTPUT);
    const lines = (unfinished + text).split("\n");
    unfinished = lines.pop() ?? "";
    for (const line of lines) progress = readGoLine(progress, line);
    onProgress(progress);
  };
  const flags = ["-v", "-ldflags", `-s -w -X ${VERSION_VARIABLE}=${version}`];
  const end = await runProgram("go", ["install", ...flags, `${PACKAGE}@v${version}`], {
    cwd: scratch,
    env: goEnvironment(env, scratch),
    onStderr,
    signal,
    graceMs: INTERRUPT_GRACE_MS,
  });
  if (end.kind === "not-run") throw goNotStarted(version, end.error);
  if (end.kind === "exited" && end.exitCode === 0) return;
  const { message, hint } = explainGoFailure(output);
  throw buildFailed(version, message, { hint, facts: { goOutput: output.trim().split("\n").slice(-10) } });
}

/**
 * Keeps the caller's Go settings, except those that would place the binary elsewhere or build it for another platform.
 * Without cgo, as in Temporal's releases (.goreleaser.yml), the binary runs with any C library, and for users without a
 * passwd entry.
 *
 * @param platform As `process.platform` names it.
 */
export function goEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  scratch: string,
  platform: string = process.platform,
): Record<string, string> {
  const kept = Object.entries(withoutSession(env)).filter(([name]) => !["GOOS", "GOARCH"].includes(name));
  // Go's installer uses this folder, which is often missing from PATH.
  const PATH = [env["PATH"] ?? "", "/usr/local/go/bin", ...unsearchedFolders(platform)].join(":");
  return { CGO_ENABLED: "0", ...Object.fromEntries(kept), PATH, GOBIN: scratch, GOTMPDIR: scratch, GOWORK: "off" };
}

function goNotStarted(version: string, cause: unknown): LocalError {
  const code = systemErrorCode(cause) ?? String(cause);
  const why = isNotOnPath(cause) ? "go was not found on PATH" : `go could not be started (${code})`;
  return buildFailed(version, why, {
    hint: "Install Go (https://go.dev/dl), or choose a Temporal binary with --temporal-bin",
    cause,
  });
}

function buildFailed(version: string, why: string, { facts, ...options }: LocalErrorOptions): LocalError {
  return new LocalError("install-failed", `Cannot build Temporal ${version} with go install: ${why}`, {
    ...options,
    facts: { version, ...facts },
  });
}
