import { join } from "node:path";
import { readTemporalVersion } from "../version/query_version.ts";
import { type GoProgress, NO_GO_PROGRESS } from "./go_output.ts";
import { buildFailed, runGoInstall } from "./run_go_install.ts";

/** The progress of a build. */
export type BuildPhase = GoProgress | { phase: "checking" };

/** Options of a build. */
export interface GoBuildOptions {
  version: string;
  /** The caller's environment: Go's location, proxy and caches. */
  env: Readonly<Record<string, string | undefined>>;
  onProgress: (phase: BuildPhase) => void;
  /** Aborts the build and all its processes. */
  signal?: AbortSignal | undefined;
}

/**
 * Builds Temporal's CLI with `go install` in the folder `scratch`, which also holds Go's temporary files.
 *
 * @returns the path of the binary
 * @throws {LocalError} `install-failed` with Go's message, `interrupted` if `signal` aborted it
 */
export async function buildTemporal(scratch: string, options: GoBuildOptions): Promise<string> {
  const { version, env, onProgress, signal } = options;
  onProgress(NO_GO_PROGRESS);
  await runGoInstall(version, scratch, env, onProgress, signal);
  onProgress({ phase: "checking" });
  const built = join(scratch, "temporal");
  const { cli } = await readTemporalVersion(built, signal);
  if (cli === version) return built;
  throw buildFailed(version, {
    message: `the built binary reports ${cli === null ? "no version" : `version ${cli}`}`,
    hint: "This is a bug: please report it",
  });
}
