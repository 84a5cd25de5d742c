import { readTemporalVersion } from "../binary/ask_binary.ts";
import { isVersion, type TemporalVersions } from "../config/temporal_versions.ts";
import { binaryFingerprint, notedVersions, rememberServer } from "../database/downgrade_guard.ts";
import { messageOf } from "../errors/local_error.ts";
import type { EventLog } from "../instance/event_log.ts";
import type { TemporalProcess } from "./process.ts";

/** `--version` takes a core for 25 ms, which the caller of `start` needs when Temporal has just become ready. */
const ASK_AFTER_MS = 2_000;

/** Finds out which version a Temporal is: by its path, by the note beside its database, else by running the binary once. */
export class VersionLearner {
  readonly #log: EventLog;
  readonly #signal: AbortSignal;
  readonly #answers = new Map<string, Promise<TemporalVersions | null>>();

  /** @param signal Terminates a binary that is being asked when it aborts: nothing may outlive the supervisor. */
  constructor(log: EventLog, signal: AbortSignal) {
    this.#log = log;
    this.#signal = signal;
  }

  /** Sets the version of `temporal` if it is known without running the binary. */
  recall(temporal: TemporalProcess): void {
    const { binary, settings: { dbFilename } } = temporal;
    if (binary === null) return;
    temporal.version ??= managedVersion(binary);
    const noted = temporal.version !== null || dbFilename === null ? null : notedVersions(dbFilename, binary);
    if (noted !== null) temporal.version = nameOf(noted);
  }

  /** Sets the version of `temporal`, by running its binary if necessary. Never rejects. */
  async learn(temporal: TemporalProcess): Promise<void> {
    const binary = temporal.binary ?? temporal.executable;
    if (temporal.version !== null || binary === null) return;
    const versions = await this.#ask(binary);
    if (versions !== null) temporal.version ??= nameOf(versions);
  }

  /** Once `temporal` has been ready for a while: learns its version, and notes it beside its database. */
  learnSoon(temporal: TemporalProcess): void {
    const learn = async () => {
      await this.learn(temporal);
      const { binary, settings: { dbFilename } } = temporal;
      if (dbFilename !== null && binary !== null) await rememberServer(dbFilename, binary, (path) => this.#ask(path));
    };
    const timer = setTimeout(() => {
      learn().catch((error: unknown) => {
        this.#log.note("server not remembered", { database: temporal.settings.dbFilename, why: messageOf(error) });
      });
    }, ASK_AFTER_MS);
    timer.unref();
    temporal.ended.then(() => clearTimeout(timer));
  }

  #ask(binary: string): Promise<TemporalVersions | null> {
    const fingerprint = binaryFingerprint(binary);
    const answer = this.#answers.get(fingerprint) ??
      readTemporalVersion(binary, this.#signal).catch((error: unknown) => {
        if (!this.#signal.aborted) this.#log.note("version unknown", { binary, why: messageOf(error) });
        return null;
      });
    this.#answers.set(fingerprint, answer);
    return answer;
  }
}

/** The version in the path of a managed binary (`managedBinaryPath`); null for any other path. */
function managedVersion(path: string): string | null {
  const version = /\/temporal-([^/]+)$/.exec(path)?.[1];
  return version !== undefined && isVersion(version) ? version : null;
}

function nameOf({ cli, server }: TemporalVersions): string {
  return cli ?? `0.0.0-DEV (server ${server ?? "unknown"})`; // as built by `go install`
}
