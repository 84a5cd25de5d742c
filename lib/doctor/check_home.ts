import { chmodSync, existsSync, lstatSync, readdirSync, rmSync, statfsSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isCopyName } from "../database/copy.ts";
import { sweepTemporaries, temporariesIn } from "../instance/stale_files.ts";
import { networkFileSystem } from "../platform/files/network_file_system.ts";
import { formatBytes } from "../text/byte_size.ts";
import { shellWord } from "../text/shell_word.ts";
import { type RunCheck, whileUnsupervised } from "./context.ts";
import { diagnose, type Finding, judgeSpace } from "./findings.ts";

/** Only what is this old is left over; what is younger, somebody may be about to put in its place. In ms. */
const LEFT_AFTER_MS = 60_000;

/** Whose the home is, and who may write to it or to what is in it. */
export const checkHome: RunCheck = ({ host, paths, hasHome }) => {
  const { home } = paths;
  if (!hasHome) {
    const stands = lstatSync(home, { throwIfNoEntry: false }) !== undefined;
    const finding: Finding = { state: "fail", detail: `${home} is no folder`, remedy: "Choose another --home" };
    return diagnose("home", stands ? [finding] : [], `${home} is not there yet: \`stigmer-local start\` makes it`);
  }
  const findings: Finding[] = [];
  const network = networkFileSystem(home);
  if (network !== null) {
    const detail = `${home} is on a network file system (${network}), where locks may not hold`;
    findings.push({ state: "warn", detail, remedy: "Choose a --home on a local disk" });
  }
  for (const path of [home, ...entriesOf(home)]) {
    const info = statSync(path, { throwIfNoEntry: false });
    if (info === undefined) continue;
    if (info.uid !== host.uid) {
      const detail = `${path} belongs to user ${info.uid}, and we are ${host.uid}`;
      findings.push({ state: "fail", detail, remedy: `sudo chown -R ${host.uid} ${shellWord(home)}` });
    } else if ((info.mode & 0o022) !== 0 && !info.isSocket()) {
      findings.push({
        state: path === home ? "fail" : "warn",
        detail: `${path} is writable by others (mode ${
          (info.mode & 0o7777).toString(8)
        }), who could make us run anything`,
        remedy: path === home ? `chmod go-w ${shellWord(home)}` : `chmod -R go-w ${shellWord(home)}`,
        fix: () => chmodSync(path, info.mode & 0o7777 & ~0o022),
      });
    }
  }
  return diagnose("home", findings, home);
};

/** What is in the home, and in the folders of ours that are in it. Links are not followed: where they lead is not ours. */
function entriesOf(home: string): string[] {
  const inside = (folder: string) =>
    readdirSync(folder, { withFileTypes: true }).filter((entry) => !entry.isSymbolicLink());
  return inside(home).flatMap((entry) => {
    const path = join(home, entry.name);
    const isOurs = entry.isDirectory() && ["bin", "logs", "temporal-data"].includes(entry.name);
    return isOurs ? [path, ...inside(path).map(({ name }) => join(path, name))] : [path];
  });
}

/** The space that is left for the home, and for the database where that is elsewhere. */
export const checkSpace: RunCheck = ({ paths, settings }) => {
  const places = new Map<number, string>();
  for (const path of [paths.home, dirname(settings.dbFilename ?? paths.home)]) {
    const there = nearest(path);
    places.set(statSync(there).dev, there);
  }
  const seen = [...places.values()].map((path) => {
    const { bavail, bsize, ffree, files } = statfsSync(path);
    return { path, freeBytes: bavail * bsize, freeFiles: ffree, files };
  });
  return diagnose(
    "space",
    seen.flatMap(({ path, freeBytes, freeFiles, files }) => judgeSpace(path, freeBytes, freeFiles, files)),
    seen.map(({ path, freeBytes }) => `${formatBytes(freeBytes)} free where ${path} is`).join("; "),
  );
};

function nearest(path: string): string {
  return existsSync(path) ? path : nearest(dirname(path));
}

/** What commands and supervisors that were killed left half-written, and what was set aside. */
export const checkLeftovers: RunCheck = (context) => {
  const { paths, settings, hasHome, nowMs } = context;
  const temporaries = hasHome ? temporariesIn(context) : [];
  const folder = dirname(settings.dbFilename ?? paths.defaultDatabase);
  const beside = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  const isOld = (path: string) =>
    nowMs - (lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? nowMs) > LEFT_AFTER_MS;
  const copies = beside.filter((path) => isCopyName(path) && isOld(path));
  const half = temporaries.filter(isOld);
  const findings: Finding[] = [];
  if (half.length > 0) {
    findings.push({
      state: "warn",
      detail: `left by a supervisor that was killed: ${names(half)}`,
      remedy: "stigmer-local doctor --fix",
      fix: () => whileUnsupervised(context, () => sweepTemporaries(context)),
    });
  }
  if (copies.length > 0) {
    findings.push({
      state: "warn",
      detail: `left by a backup or restore that was killed: ${names(copies)}`,
      remedy: "stigmer-local doctor --fix",
      fix: () => copies.forEach((path) => rmSync(path, { force: true })),
    });
  }
  const aside = beside.filter((path) => /\.set-aside-[^/]*$/.test(path));
  const bytes = aside.reduce((sum, path) => sum + (lstatSync(path, { throwIfNoEntry: false })?.size ?? 0), 0);
  const kept = aside.length === 0 ? "" : `; set aside and kept: ${aside.length} files, ${formatBytes(bytes)}`;
  return diagnose("leftovers", findings, `nothing half-written${kept}`);
};

function names(paths: readonly string[]): string {
  const shown = paths.slice(0, 3).map((path) => basename(path)).join(", ");
  return paths.length > 3 ? `${shown} and ${paths.length - 3} more` : shown;
}
