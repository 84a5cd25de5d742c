import { spawn } from "node:child_process";
import process from "node:process";
import { withoutSession } from "../../environment/daemon_environment.ts";
import { isNotOnPath, LocalError, systemErrorCode } from "../../errors/local_error.ts";
import { unsearchedFolders } from "../unsearched_folders.ts";
import { explainGoFailure, type GoProgress, NO_GO_PROGRESS, readGoLine } from "./go_output.ts";

const PACKAGE = "github.com/temporalio/cli/cmd/temporal";
/** The variable that holds the CLI's version; a plain `go install` leaves `0.0.0-DEV` there (its .goreleaser.yml). */
const VERSION_VARIABLE = "github.com/temporalio/cli/temporalcli.Version";
/** Time for `go` to forward SIGINT to its compilers and remove incomplete files. */
const INTERRUPT_GRACE_MS = 1_000;
const MAX_KEPT_OUTPUT = 64 * 1024;

/**
 * Runs `go install` for `version`; all its output goes to folder `scratch`. Go and its compilers are one process group,
 * which is killed when `signal` aborts.
 *
 * @throws {LocalError} `install-failed` with Go's message, `interrupted`
 */
export async function runGoInstall(
  version: string,
  scratch: string,
  env: Readonly<Record<string, string | undefined>>,
  tell: (progress: GoProgress) => void,
  signal?: AbortSignal,
): Promise<void> {
  const child = spawn("go", [
    ...["install", "-v", "-ldflags", `-s -w -X ${VERSION_VARIABLE}=${version}`],
    `${PACKAGE}@v${version}`,
  ], { cwd: scratch, env: goEnvironment(env, scratch), detached: true, stdio: ["ignore", "ignore", "pipe"] });

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
      signalGroup(child.pid, "SIGKILL"); // compilers may outlive go
      throw installInterrupted();
    }
    if ("error" in end) throw goNotStarted(version, end.error);
    if (end.code !== 0) throw buildFailed(version, explainGoFailure(output), undefined, output);
  } finally {
    clearTimeout(killTimer);
    signal?.removeEventListener("abort", onAbort);
  }
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

function signalGroup(pid: number | undefined, signal: "SIGINT" | "SIGKILL"): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // ESRCH: exited; EPERM on macOS: only zombies are left.
    if (!["ESRCH", "EPERM"].includes(systemErrorCode(error) ?? "")) throw error;
  }
}

function goNotStarted(version: string, error: unknown): LocalError {
  const code = systemErrorCode(error) ?? String(error);
  const message = isNotOnPath(error) ? "go was not found on PATH" : `go could not be started (${code})`;
  return buildFailed(version, {
    message,
    hint: "Install Go (https://go.dev/dl), or choose a Temporal binary with --temporal-bin",
  }, error);
}

/** The error for a failed build. */
export function buildFailed(
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

/** The error for an interrupted install. */
export function installInterrupted(): LocalError {
  return new LocalError(
    "interrupted",
    "The installation of Temporal was interrupted; its temporary files were removed",
    {
      exitCode: 130,
    },
  );
}
