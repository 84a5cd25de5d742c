import { chmodSync, existsSync, lstatSync, readdirSync, realpathSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isCopyName } from "../database/copy_files.ts";
import { systemErrorCode } from "../errors/local_error.ts";
import { ownerFault, userName } from "../instance/owner.ts";
import { sweepTemporaries, temporariesIn } from "../instance/stale_files.ts";
import { freeSpace } from "../platform/files/free_space.ts";
import { isCloudFolder, networkFileSystem, networkFileSystemOnMac } from "../platform/files/network_file_system.ts";
import { runTool } from "../platform/processes/run_tool.ts";
import { formatBytes } from "../text/byte_size.ts";
import { shellWord } from "../text/shell_word.ts";
import { type RunCheck, whileUnsupervised } from "./context.ts";
import { diagnose, failed, type Finding, judgeSpace, warning } from "./findings.ts";

/** Minimum age of a leftover, in ms; a younger file may still be in use. */
const LEFT_AFTER_MS = 60_000;

/** Checks the owner and the permissions of the home and its files. */
export const checkHome: RunCheck = (context) => {
  const { host, paths: { home }, hasHome, homeFault } = context;
  if (!hasHome) {
    const exists = lstatSync(home, { throwIfNoEntry: false }) !== undefined;
    if (exists) return diagnose("home", [failed(`${home} is not a directory`, "Choose another --home")]);
    return diagnose("home", [], `${home} does not exist yet; \`stigmer-local start\` creates it`);
  }
  const findings: Finding[] = [];
  if (homeFault?.isForeign === true) {
    const { reason, remedy } = homeFault;
    return diagnose("home", [failed(`${home} ${reason}: nothing in it was checked`, remedy)]);
  }
  const isMac = host.platform === "darwin";
  const network = isMac ? networkFileSystemOnMac(realpathSync(home), runTool("mount", [])) : networkFileSystem(home);
  if (network !== null) {
    const detail = `${home} is on a network file system (${network}), where locks may not hold`;
    findings.push(warning(detail, "Choose a --home on a local disk"));
  }
  if (isMac && isCloudFolder(realpathSync(home))) {
    const detail = `${home} is in a folder that a cloud service synchronizes, which may remove or replace files in use`;
    findings.push(warning(detail, "Choose a --home elsewhere"));
  }
  const foreign = new Map<number, string[]>();
  for (const path of [home, ...entriesOf(home)]) {
    const info = statSync(path, { throwIfNoEntry: false });
    if (info === undefined) continue;
    const fault = ownerFault(path, info, host.uid);
    if (fault?.isForeign === true) {
      foreign.set(info.uid, [...foreign.get(info.uid) ?? [], path]);
    } else if (fault !== null && !info.isSocket()) {
      const [problem, chmod] = path === home ? [failed, "chmod go-w"] : [warning, "chmod -R go-w"];
      findings.push(problem(
        `${path} ${fault.reason}, who could make this tool run anything`,
        `${chmod} ${shellWord(home)}`,
        () => chmodSync(path, info.mode & 0o7777 & ~0o022),
      ));
    }
  }
  for (const [uid, [first, ...others]] of foreign) {
    const what = others.length === 0 ? `${first} belongs` : `${first} and ${others.length} more belong`;
    const detail = `${what} to ${userName(uid)}, and this is ${userName(host.uid)}`;
    findings.push(failed(detail, `sudo chown -R ${host.uid} ${shellWord(home)}`));
  }
  return diagnose("home", findings, home);
};

/** The entries of the home and of our folders in it. Does not follow symbolic links, whose targets are not ours. */
function entriesOf(home: string): string[] {
  const inside = (folder: string) => {
    try {
      return readdirSync(folder, { withFileTypes: true }).filter((entry) => !entry.isSymbolicLink());
    } catch (error) {
      if (systemErrorCode(error) === "EACCES") return []; // it belongs to another user, which is found
      throw error;
    }
  };
  return inside(home).flatMap((entry) => {
    const path = join(home, entry.name);
    const isOurs = entry.isDirectory() && ["bin", "logs", "temporal-data"].includes(entry.name);
    return isOurs ? [path, ...inside(path).map(({ name }) => join(path, name))] : [path];
  });
}

/** Checks the free space for the home, and for the database if that is elsewhere. */
export const checkSpace: RunCheck = ({ paths, settings }) => {
  const places = [paths.home, dirname(settings.dbFilename ?? paths.home)].map(freeSpace);
  const seen = [...new Map(places.map((each) => [statSync(each.path).dev, each])).values()];
  return diagnose(
    "space",
    seen.flatMap(({ path, freeBytes, freeFiles, files }) => judgeSpace(path, freeBytes, freeFiles, files)),
    seen.map(({ path, freeBytes }) => `${formatBytes(freeBytes)} free at ${path}`).join("; "),
  );
};

/** Finds incomplete files of killed commands and supervisors, and counts databases that were set aside. */
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
    const sweep = () => whileUnsupervised(context, () => sweepTemporaries(context));
    findings.push(warning(`left by a killed supervisor: ${names(half)}`, "stigmer-local doctor --fix", sweep));
  }
  if (copies.length > 0) {
    const remove = () => copies.forEach((path) => rmSync(path, { force: true }));
    findings.push(
      warning(`left by a killed backup or restore: ${names(copies)}`, "stigmer-local doctor --fix", remove),
    );
  }
  const aside = beside.filter((path) => /\.set-aside-[^/]*$/.test(path));
  const bytes = aside.reduce((sum, path) => sum + (lstatSync(path, { throwIfNoEntry: false })?.size ?? 0), 0);
  const kept = aside.length === 0 ? "" : `; ${aside.length} files set aside (${formatBytes(bytes)})`;
  return diagnose("leftovers", findings, `none${kept}`);
};

function names(paths: readonly string[]): string {
  const shown = paths.slice(0, 3).map((path) => basename(path)).join(", ");
  return paths.length > 3 ? `${shown} and ${paths.length - 3} more` : shown;
}
