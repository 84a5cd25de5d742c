import { readTemporalVersion } from "../binary/version/query_version.ts";
import { readBuildInfo } from "../binary/version/read_build_info.ts";
import type { TemporalVersions } from "../config/temporal_versions.ts";
import type { EventLog } from "../instance/event_log.ts";
import type { TemporalProcess } from "./process.ts";

/**
 * Returns a function that determines the version of a binary, once per path; null if unknown. Never rejects. Kills a
 * binary still running when `signal` aborts, so that it does not outlive the supervisor.
 */
export function versionAsker(log: EventLog, signal: AbortSignal): (binary: string) => Promise<string | null> {
  const answers = new Map<string, Promise<string | null>>();
  return (binary) => {
    const asked = answers.get(binary) ?? versionsOf(binary, signal).then(
      ({ cli, server }) => cli ?? `0.0.0-DEV (server ${server ?? "unknown"})`, // a plain `go install` sets no version
      (error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        if (!signal.aborted) log.note("version unknown", { binary, why });
        return null;
      },
    );
    answers.set(binary, asked);
    return asked;
  };
}

async function versionsOf(binary: string, signal: AbortSignal): Promise<TemporalVersions> {
  return readBuildInfo(binary) ?? await readTemporalVersion(binary, signal);
}

/** Determines the version while Temporal starts. A shim reports the version of the binary that it execs. */
export function learnVersion(
  temporal: TemporalProcess,
  ask: (binary: string) => Promise<string | null>,
  onLearnt: () => void,
): void {
  const binary = temporal.binary ?? temporal.executable;
  if (binary === null || temporal.version !== null) return;
  temporal.versionKnown = ask(binary).then((version) => {
    temporal.version = version;
    if (version !== null) onLearnt();
  });
}
