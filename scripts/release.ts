/**
 * Makes a release, as far as that is possible on this machine: publishes and pushes nothing.
 *
 *   node --import tsx scripts/release.ts VERSION     states VERSION everywhere, checks, commits, makes the files, tags
 *   node --import tsx scripts/release.ts --files     only the files in dist/release, of the version that the sources state
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { isVersion } from "../lib/config/temporal_versions.ts";
import { VERSION } from "../lib/platform/packaging/tool_version.ts";
import { changesOf, releasedChangelog } from "./release/changelog.ts";
import { withVersion } from "./release/version_files.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const CHANGELOG = "CHANGELOG.md";
const [wanted = ""] = process.argv.slice(2);
process.exitCode = wanted === "--files" ? makeFiles(VERSION) : release(wanted);

function release(version: string): number {
  const refusal = whyNot(version);
  if (refusal !== null) {
    console.error(refusal);
    return 1;
  }
  const changelog = releasedChangelog(read(CHANGELOG), version, new Date().toISOString().slice(0, 10));
  if (changelog === null) {
    console.error(`${CHANGELOG} has nothing under "Unreleased"`);
    return 1;
  }
  const files = withVersion(VERSION, version, read).set(CHANGELOG, changelog);
  for (const [path, text] of files) writeFileSync(join(root, path), text);
  run(process.execPath, [...process.execArgv, "scripts/check.ts"]);
  run("git", ["commit", "--quiet", "--message", `Release ${version}`, "--", ...files.keys()]);
  makeFiles(version);
  run("git", ["tag", "--annotate", `v${version}`, "--message", `Version ${version}`]);
  console.log(`Tagged v${version}. To publish it: git push origin HEAD v${version}`);
  return 0;
}

function whyNot(version: string): string | null {
  if (!isVersion(version)) return "Usage: make release VERSION=1.2.3";
  if (git("status", "--porcelain") !== "") return "The work tree has changes: commit or remove them first";
  return git("tag", "--list", `v${version}`) === "" ? null : `The tag v${version} exists`;
}

/** Makes the npm package, the one file with its source map, the notes, and the checksums of all. */
function makeFiles(version: string): number {
  const folder = join(root, "dist", "release");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  run("npm", ["pack", "--silent", "--pack-destination", folder]); // builds dist first
  for (const name of ["stigmer-local.mjs", "stigmer-local.mjs.map"]) {
    copyFileSync(join(root, "dist", name), join(folder, name));
  }
  const changes = changesOf(read(CHANGELOG), version) ?? changesOf(read(CHANGELOG), null) ?? "";
  writeFileSync(join(folder, "NOTES.md"), changes);
  const sums = readdirSync(folder).sort().map((name) => `${sha256(join(folder, name))}  ${name}\n`).join("");
  writeFileSync(join(folder, "SHA256SUMS"), sums);
  console.log(`${sums}in dist/release`);
  return 0;
}

function sha256(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

function git(...args: string[]): string {
  return execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
}

function run(command: string, args: string[]): void {
  execFileSync(command, args, { cwd: root, stdio: "inherit" });
}
