import { readTemporalVersion } from "../temporal/temporal_version.ts";
import type { EventLog } from "./event_log.ts";

/** Asks a binary for its version, once for each path; null when it does not tell. Never rejects. */
export function versionAsker(log: EventLog): (binary: string) => Promise<string | null> {
  const answers = new Map<string, Promise<string | null>>();
  return (binary) => {
    const asked = answers.get(binary) ?? readTemporalVersion(binary).then(
      ({ cli, server }) => cli ?? `0.0.0-DEV (server ${server ?? "unknown"})`, // as `go install` alone makes it
      (error: unknown) => {
        log.note("version unknown", { binary, why: error instanceof Error ? error.message : String(error) });
        return null;
      },
    );
    answers.set(binary, asked);
    return asked;
  };
}
