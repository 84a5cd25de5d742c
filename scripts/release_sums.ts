/**
 * Prints the lines of lib/binary/download/release_sums.ts for one version, from the publisher's `checksums.txt`.
 * Compare the output with other public sources before you pin it: it is only as good as that file.
 *
 *   node --import tsx scripts/release_sums.ts VERSION FILE
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { parseChecksums } from "../lib/binary/download/checksums.ts";
import { archiveName, RELEASE_TARGETS } from "../lib/binary/download/release_files.ts";
import { isVersion } from "../lib/config/temporal_versions.ts";

process.exitCode = main(process.argv.slice(2));

function main([version = "", file]: string[]): number {
  if (!isVersion(version) || file === undefined) {
    console.error("Usage: node --import tsx scripts/release_sums.ts VERSION FILE");
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
