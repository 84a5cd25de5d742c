import process from "node:process";
import { parseTemporalVersion, type TemporalVersions } from "../config/temporal_versions.ts";
import { daemonEnvironment } from "../environment/daemon_environment.ts";
import { LocalError, type LocalErrorOptions, systemErrorCode } from "../errors/local_error.ts";
import { type ProgramEnd, runProgram } from "../platform/spawn/run_program.ts";
import { liftQuarantine } from "../text/macos_commands.ts";

/**
 * How long to wait for the output of a binary, in ms. macOS checks a program before its first run, and makes it wait:
 * 35–40 s were seen for one that is not notarized.
 */
export function answerDeadlineMs(platform: string = process.platform): number {
  return platform === "darwin" ? 120_000 : 10_000;
}

const MAX_OUTPUT_CHARS = 64 * 1024;

/**
 * Runs `BINARY ARGS` and returns how it ended, with its output on `stream`. It is killed after `timeoutMs`, or when
 * `signal` aborts.
 *
 * @throws the reason of `signal`
 */
export async function askBinary(
  binary: string,
  args: readonly string[],
  stream: "stdout" | "stderr",
  signal?: AbortSignal,
  timeoutMs: number = answerDeadlineMs(),
): Promise<ProgramEnd & { output: string }> {
  let output = "";
  const keep = (text: string) => {
    if (output.length < MAX_OUTPUT_CHARS) output += text;
  };
  const env = daemonEnvironment(process.env, process.cwd); // as Temporal will be launched
  const reading = stream === "stdout" ? { onStdout: keep } : { onStderr: keep };
  const end = await runProgram(binary, args, { env, signal, timeoutMs, ...reading });
  return { ...end, output };
}

/**
 * Runs `BINARY --version`, for at most `timeoutMs`.
 *
 * @throws {LocalError} `binary-not-found` if the file can't be run, is not Temporal, or prints nothing in time (fact
 * `isSilent`)
 * @throws the reason of `signal`
 */
export async function readTemporalVersion(
  binary: string,
  signal?: AbortSignal,
  timeoutMs: number = answerDeadlineMs(),
  platform: string = process.platform,
): Promise<TemporalVersions> {
  const answer = await askBinary(binary, ["--version"], "stdout", signal, timeoutMs);
  if (answer.kind === "not-run") {
    const { error } = answer;
    throw notTemporal(binary, systemErrorCode(error) ?? String(error), { cause: error });
  }
  if (answer.kind === "late") {
    const reason = `no output from --version within ${timeoutMs / 1000} s`;
    throw notTemporal(binary, reason, { facts: { isSilent: true } });
  }
  if (answer.signal === "SIGKILL" && platform === "darwin") {
    throw notTemporal(binary, "it is killed as soon as it runs", { hint: liftQuarantine(binary) });
  }
  const versions = parseTemporalVersion(answer.output);
  if (versions === null) throw notTemporal(binary, "--version does not print 'temporal version …'");
  return versions;
}

function notTemporal(binary: string, reason: string, { facts, ...options }: LocalErrorOptions = {}): LocalError {
  const why = reason === "ENOEXEC" ? "built for another platform" : reason;
  return new LocalError("binary-not-found", `Cannot use ${binary} as the Temporal binary: ${why}`, {
    hint: "Choose Temporal's CLI with --temporal-bin, or omit it to use the managed binary",
    facts: { path: binary, tried: [`${binary}: ${reason}`], ...facts },
    ...options,
  });
}
