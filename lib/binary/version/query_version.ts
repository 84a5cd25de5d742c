import { parseTemporalVersion, type TemporalVersions } from "../../config/temporal_versions.ts";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import { ANSWER_DEADLINE_MS, askBinary } from "./run_binary.ts";

/**
 * Runs `BINARY --version`, for 10 s at most.
 *
 * @throws {LocalError} `binary-not-found`, when the file can't be run, or is something else than Temporal;
 * `interrupted`, when `signal` ended it
 */
export async function readTemporalVersion(binary: string, signal?: AbortSignal): Promise<TemporalVersions> {
  const answer = await askBinary(binary, ["--version"], "stdout", signal);
  if (answer.kind === "not-run") {
    throw notTemporal(binary, systemErrorCode(answer.error) ?? String(answer.error), answer.error);
  }
  if (answer.kind === "silent") {
    throw notTemporal(binary, `no answer to --version within ${ANSWER_DEADLINE_MS / 1000} s`);
  }
  const versions = parseTemporalVersion(answer.output);
  if (versions === null) throw notTemporal(binary, "it does not say 'temporal version …' to --version");
  return versions;
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
