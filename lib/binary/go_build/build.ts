import { join } from "node:path";
import { readTemporalVersion } from "../version/query_version.ts";
import { type GoProgress, NO_GO_PROGRESS } from "./go_output.ts";
import { buildFailed, runGoInstall } from "./run_go_install.ts";

/** What is told of a build while it goes on. */
export type BuildPhase = GoProgress | { phase: "checking" };

/** How a build is made. */
export interface GoBuildOptions {
  version: string;
  /** The caller's environment: where Go is, its proxy, its caches. */
  env: Readonly<Record<string, string | undefined>>;
  onProgress: (phase: BuildPhase) => void;
  /** Ends the build, and all processes of it. */
  signal?: AbortSignal | undefined;
}

/** What a cold build of the default version shows at its end, for who wants to show a share. */
export const BUILD_TOTALS = { modules: 160, packages: 1_300 } as const;

/**
 * Builds Temporal's command-line tool with `go install` in the folder `scratch`, Go's own temporary files included.
 *
 * @returns the path of the binary
 * @throws {LocalError} `install-failed` with what Go said, `interrupted` when `signal` ended it
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
    message: `what was built says that it is ${cli ?? "of no version"}`,
    hint: "report this, it is a bug",
  });
}
