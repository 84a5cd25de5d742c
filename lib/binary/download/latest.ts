import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { LocalError } from "../../errors/local_error.ts";
import { nativeArch } from "../../platform/spawn/native_arch.ts";
import { DEFAULT_TIMING, publishedSums } from "./download.ts";
import {
  latestChecksums,
  MIRROR_VARIABLE,
  releaseBase,
  releaseTarget,
  shownUrl,
  versionInName,
} from "./release_files.ts";

/**
 * Asks the publisher, or the mirror, for the newest release of Temporal's CLI.
 *
 * @param env The caller's environment: mirror and proxy.
 * @throws {LocalError} `install-failed` if it does not answer, or downloads are disabled; the reason of `signal`
 */
export async function latestVersion(
  env: Readonly<Record<string, string | undefined>>,
  signal?: AbortSignal,
): Promise<string> {
  const base = releaseBase(env);
  if (base === null) throw unknown(`downloads are disabled ($${MIRROR_VARIABLE}=off)`);
  const url = latestChecksums(base);
  const target = releaseTarget(process.platform, nativeArch()) ?? "linux_amd64";
  const folder = mkdtempSync(join(tmpdir(), "stigmer-latest-"));
  try {
    const sums = await publishedSums(url, folder, { env, signal, timing: DEFAULT_TIMING });
    const version = [...sums.keys()].map((name) => versionInName(name, target)).find((found) => found !== undefined);
    if (version !== undefined) return version;
    throw unknown(`${shownUrl(url)} lists no archive for ${target}`);
  } catch (error) {
    if (!(error instanceof LocalError) || error.facts["why"] === undefined) throw error;
    throw unknown(String(error.facts["why"]), error);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function unknown(why: string, cause?: unknown): LocalError {
  return new LocalError("install-failed", `Cannot find out the newest Temporal: ${why}`, {
    hint: "Name a version with `stigmer-local install --version`, or check the network and HTTPS_PROXY",
    facts: { version: "latest" },
    cause,
  });
}
