import { spawn } from "node:child_process";
import process from "node:process";
import { daemonEnvironment } from "../../environment/daemon_environment.ts";
import { isNotOnPath, LocalError, systemErrorCode } from "../../errors/local_error.ts";
import { explainGoFailure, type GoProgress, NO_GO_PROGRESS, readGoLine } from "./go_output.ts";

const PACKAGE = "github.com/temporalio/cli/cmd/temporal";
/** Where the tool keeps its version; a plain `go install` leaves `0.0.0-DEV` there (its .goreleaser.yml). */
const VERSION_VARIABLE = "github.com/temporalio/cli/temporalcli.Version";
/** `go` forwards an interrupt to its compilers and removes what it was writing. */
const INTERRUPT_GRACE_MS = 1_000;
const MAX_KEPT_OUTPUT = 64 * 1024;

/**
 * Runs `go install` for `version` with everything that it makes in folder `scratch`. Go and its compilers are one
 * process group, which is ended when `signal` says so.
 *
 * @throws {LocalError} `install-failed` with what Go said, `interrupted`
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
      signalGroup(child.pid, "SIGKILL"); // a compiler that outlived its go
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
 * Go's own settings stay the caller's, but for those that would put the binary elsewhere or build it for elsewhere. Without
 * cgo, as its releases are made (.goreleaser.yml), it runs whatever C library is there, and for users without a name.
 */
function goEnvironment(env: Readonly<Record<string, string | undefined>>, scratch: string): Record<string, string> {
  const kept = Object.entries(daemonEnvironment(env)).filter(([name]) => !["GOOS", "GOARCH"].includes(name));
  // Go's own installer puts it where PATH seldom leads.
  const PATH = `${env["PATH"] ?? ""}:/usr/local/go/bin`;
  return { CGO_ENABLED: "0", ...Object.fromEntries(kept), PATH, GOBIN: scratch, GOTMPDIR: scratch, GOWORK: "off" };
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
  const message = isNotOnPath(error) ? "there is no go on PATH" : `go can't be run (${code})`;
  return buildFailed(version, {
    message,
    hint: "install Go (https://go.dev/dl), or name a Temporal binary with --temporal-bin",
  }, error);
}

/** The error of a build that failed. */
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

/** The error of an install that was interrupted. */
export function installInterrupted(): LocalError {
  return new LocalError("interrupted", "The install of Temporal was interrupted; what it had made was removed", {
    exitCode: 130,
  });
}
