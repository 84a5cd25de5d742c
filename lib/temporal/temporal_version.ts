import { spawn } from "node:child_process";
import process from "node:process";
import { LocalError, systemErrorCode } from "../core/local_error.ts";
import { maskDescriptors } from "../system/mask_descriptors.ts";
import { parseTemporalVersion, type TemporalVersions } from "../core/versions.ts";

const TIMEOUT_MS = 10_000;
const MAX_OUTPUT_BYTES = 64 * 1024;

/**
 * Runs `BINARY --version`, in a process group of its own that is ended after 10 s and when `signal` says so.
 *
 * @throws {LocalError} `binary-not-found`, when the file can't be run, or is something else than Temporal;
 * `interrupted`, when `signal` ended it
 */
export async function readTemporalVersion(binary: string, signal?: AbortSignal): Promise<TemporalVersions> {
  const child = spawnMasked(binary);
  let output = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text: string) => {
    if (output.length < MAX_OUTPUT_BYTES) output += text;
  });

  let ending: "timeout" | "abort" | null = null;
  const end = (reason: "timeout" | "abort") => {
    ending ??= reason;
    killGroup(child.pid);
    child.stdout.destroy(); // what left the group may hold the pipe
  };
  const timer = setTimeout(end, TIMEOUT_MS, "timeout");
  const onAbort = () => end("abort");
  signal?.addEventListener("abort", onAbort);
  if (signal?.aborted) onAbort();
  try {
    const failure = await new Promise<unknown>((resolve) => {
      child.once("error", resolve);
      child.once("exit", () => {
        if (child.stdout.destroyed || child.stdout.readableEnded) resolve(null);
        else child.stdout.once("close", () => resolve(null));
      });
    });
    if (ending === "abort") throw new LocalError("interrupted", `Cannot ask ${binary} for its version: interrupted`);
    if (failure !== null) throw notTemporal(binary, systemErrorCode(failure) ?? String(failure), failure);
    if (ending === "timeout") throw notTemporal(binary, `no answer to --version within ${TIMEOUT_MS / 1000} s`);
    const versions = parseTemporalVersion(output);
    if (versions === null) throw notTemporal(binary, "it does not say 'temporal version …' to --version");
    return versions;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Who asks may have a lock open, which a binary that hangs would go on holding. */
function spawnMasked(binary: string) {
  const mask = maskDescriptors();
  try {
    return spawn(binary, ["--version"], {
      detached: true,
      stdio: ["ignore", "pipe", "ignore"],
      // A shim needs HOME and PATH; what is TEMPORAL_… would change what the command does.
      env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("TEMPORAL_"))),
    });
  } finally {
    mask.restore();
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // macOS says EPERM of a group that is nothing but zombies.
    if (!["ESRCH", "EPERM"].includes(systemErrorCode(error) ?? "")) throw error;
  }
}

function notTemporal(binary: string, reason: string, cause?: unknown): LocalError {
  const wrongPlatform = reason === "ENOEXEC";
  return new LocalError(
    "binary-not-found",
    `Cannot use ${binary} as the Temporal binary: ${wrongPlatform ? "built for another platform" : reason}`,
    {
      hint: "name Temporal's command-line tool with --temporal-bin, or leave it out to use the managed one",
      facts: { path: binary, tried: [`${binary}: ${reason}`] },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
