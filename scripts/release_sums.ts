/**
 * Prints the lines of lib/binary/download/release_sums.ts for one version, from the publisher's `checksums.txt`.
 * Compare the output with other public sources before you pin it: it is only as good as that file. Without arguments,
 * says whether Temporal has released a version that is newer than the default.
 *
 *   node --import tsx scripts/release_sums.ts [VERSION FILE]
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { parseChecksums } from "../lib/binary/download/checksums.ts";
import { latestVersion } from "../lib/binary/download/latest.ts";
import { archiveName, RELEASE_TARGETS } from "../lib/binary/download/release_files.ts";
import { RELEASE_SUMS } from "../lib/binary/download/release_sums.ts";
import { compareVersions, DEFAULT_TEMPORAL_VERSION, isVersion } from "../lib/config/temporal_versions.ts";
import { LocalError } from "../lib/errors/local_error.ts";

const args = process.argv.slice(2);
process.exitCode = args.length === 0 ? await compareWithLatest() : printTable(args);

async function compareWithLatest(): Promise<number> {
  try {
    const latest = await latestVersion(process.env);
    const unpinned = RELEASE_TARGETS.filter((target) => RELEASE_SUMS[latest]?.[target] === undefined);
    const sums = unpinned.length === 0 ? "all sums are pinned" : `no sum is pinned for ${unpinned.join(", ")}`;
    console.log(
      compareVersions(latest, DEFAULT_TEMPORAL_VERSION) > 0
        ? `Temporal ${latest} is newer than the default, ${DEFAULT_TEMPORAL_VERSION}; ${sums}`
        : `The default, Temporal ${DEFAULT_TEMPORAL_VERSION}, is the newest`,
    );
    return 0;
  } catch (error) {
    if (!(error instanceof LocalError)) throw error;
    console.error(error.message);
    return 1;
  }
}

function printTable([version = "", file]: string[]): number {
  if (!isVersion(version) || file === undefined) {
    console.error("Usage: node --import tsx scripts/release_sums.ts [VERSION FILE]");
    return 2;
  }
  const sums = parseChecksums(readFileSync(file, "utf8"));
  const missing = RELEASE_TARGETS.filter((target) => !sums.has(archiveName(version, target)));
  if (missing.length > 0) {
    console.error(`Cannot make a table for ${version}: ${file} does not list ${missing.join(", ")}`);
    return 1;
  }
  console.log(`  "${version}": {`);
  for (const target of RELEASE_TARGETS) console.log(`    ${target}: "${sums.get(archiveName(version, target))}",`);
  console.log("  },");
  return 0;
}
