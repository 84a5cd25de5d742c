import process from "node:process";
import { parseTemporalVersion, type TemporalVersions } from "../../config/temporal_versions.ts";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import { liftQuarantine } from "../../text/macos_commands.ts";
import { answerDeadlineMs, askBinary } from "./run_binary.ts";

/**
 * Runs `BINARY --version`, for at most `timeoutMs`.
 *
 * @throws {LocalError} `binary-not-found` if the file can't be run, is not Temporal, or prints nothing in time (fact
 * `isSilent`); `interrupted` if `signal` aborted it
 */
export async function readTemporalVersion(
  binary: string,
  signal?: AbortSignal,
  timeoutMs: number = answerDeadlineMs(),
  platform: string = process.platform,
): Promise<TemporalVersions> {
  const answer = await askBinary(binary, ["--version"], "stdout", signal, timeoutMs);
  if (answer.kind === "not-run") {
    throw notTemporal(binary, systemErrorCode(answer.error) ?? String(answer.error), answer.error);
  }
  if (answer.kind === "silent") {
    throw notTemporal(binary, `no output from --version within ${timeoutMs / 1000} s`, undefined, { isSilent: true });
  }
  if (answer.signal === "SIGKILL" && platform === "darwin") {
    throw notTemporal(binary, "it is killed as soon as it runs", undefined, {}, liftQuarantine(binary));
  }
  const versions = parseTemporalVersion(answer.output);
  if (versions === null) throw notTemporal(binary, "--version does not print 'temporal version …'");
  return versions;
}

const CHOOSE_ANOTHER = "Choose Temporal's CLI with --temporal-bin, or omit it to use the managed binary";

function notTemporal(binary: string, reason: string, cause?: unknown, facts = {}, hint = CHOOSE_ANOTHER): LocalError {
  const wrongPlatform = reason === "ENOEXEC";
  return new LocalError(
    "binary-not-found",
    `Cannot use ${binary} as the Temporal binary: ${wrongPlatform ? "built for another platform" : reason}`,
    {
      hint,
      facts: { path: binary, tried: [`${binary}: ${reason}`], ...facts },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
