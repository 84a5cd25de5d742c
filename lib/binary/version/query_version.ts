import { parseTemporalVersion, type TemporalVersions } from "../../config/temporal_versions.ts";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import { ANSWER_DEADLINE_MS, askBinary } from "./run_binary.ts";

/**
 * Runs `BINARY --version`, for at most 10 s.
 *
 * @throws {LocalError} `binary-not-found` if the file can't be run or is not Temporal; `interrupted` if `signal`
 * aborted it
 */
export async function readTemporalVersion(binary: string, signal?: AbortSignal): Promise<TemporalVersions> {
  const answer = await askBinary(binary, ["--version"], "stdout", signal);
  if (answer.kind === "not-run") {
    throw notTemporal(binary, systemErrorCode(answer.error) ?? String(answer.error), answer.error);
  }
  if (answer.kind === "silent") {
    throw notTemporal(binary, `no output from --version within ${ANSWER_DEADLINE_MS / 1000} s`);
  }
  const versions = parseTemporalVersion(answer.output);
  if (versions === null) throw notTemporal(binary, "--version does not print 'temporal version …'");
  return versions;
}

function notTemporal(binary: string, reason: string, cause?: unknown): LocalError {
  const wrongPlatform = reason === "ENOEXEC";
  return new LocalError(
    "binary-not-found",
    `Cannot use ${binary} as the Temporal binary: ${wrongPlatform ? "built for another platform" : reason}`,
    {
      hint: "Choose Temporal's CLI with --temporal-bin, or omit it to use the managed binary",
      facts: { path: binary, tried: [`${binary}: ${reason}`] },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
