import process from "node:process";
import { parseTemporalVersion, type TemporalVersions } from "../../config/temporal_versions.ts";
import { LocalError, type LocalErrorOptions, systemErrorCode } from "../../errors/local_error.ts";
import { liftQuarantine } from "../../text/macos_commands.ts";
import { answerDeadlineMs, askBinary } from "./run_binary.ts";

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
