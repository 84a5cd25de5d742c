import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { markerPath } from "../../lib/database/files.ts";
import { type InstancePaths, processPaths } from "../../lib/instance/paths.ts";
import { rotatedLogs } from "../../lib/logs/rotate_log.ts";
import { processesHere } from "../../lib/platform/processes/processes_here.ts";
import type { DatabaseReport } from "./inspect_databases.ts";
import { findMistake } from "./judge.ts";
import { findMarked } from "./marked.ts";
import type { ToolCall } from "./schedule.ts";
import { PROCESS_NAMES } from "./stack/project.ts";
import type { Stage } from "./stage.ts";
import { isThere } from "./victims.ts";
import { Violation } from "./violation.ts";
import { completeWorkflows, findWorkflows, type WorkflowStarter } from "./workflows.ts";
import type { ChaosHome, World } from "./world.ts";

/** The results of the final checks. */
export interface Findings {
  acknowledged: number;
  found: number;
  /** How many of those were in the list; the others were found one by one. */
  listed: number;
  /** How many the worker of the project has completed: all of its Temporal. */
  completed: number;
  databases: number;
  setAside: number;
}

/**
 * Proves, after the last action, that `stop` leaves nothing behind, that each home starts again with all acknowledged
 * workflows, and that it stops again.
 *
 * @throws {Violation}
 */
export async function examine(stage: Stage, starters: ReadonlyMap<ChaosHome, WorkflowStarter>): Promise<Findings> {
  const { world } = stage;
  for (const home of world.homes) await must(stage, home, "stop", "done");
  checkNothingLeft(stage, world.homes.flatMap(({ paths }) => [paths.controlSocket]));
  const findings: Findings = { acknowledged: 0, found: 0, listed: 0, completed: 0, databases: 0, setAside: 0 };
  for (const home of world.homes) {
    await must(stage, home, "start", "ready");
    if (world.kept.includes(home)) {
      const inDatabase = world.kept.filter(({ database }) => database === home.database);
      const ids = inDatabase.flatMap((each) => starters.get(each)?.acknowledged ?? []);
      const listed = await findWorkflows(home, ids);
      stage.journal.note("workflows found", `${ids.length} on ${home.name}, ${listed} of them listed`);
      // Two homes with one database both find all workflows: count them once.
      if (inDatabase[0] === home) {
        findings.acknowledged += ids.length;
        findings.found += ids.length;
        findings.listed += listed;
      }
    }
    if (home.project !== null) findings.completed += await completeWorkflows(home);
    await must(stage, home, "stop", "done");
  }
  checkNothingLeft(
    stage,
    world.homes.flatMap(({ paths, database }) => [
      ...[paths.controlSocket, paths.lastFailure, ...programsOf(paths).map(({ record }) => record)],
      markerPath(database),
    ]),
  );
  for (const home of world.homes) checkSupervisorLog(home);
  for (const bystander of stage.bystanders) bystander.check();
  if (readFileSync(world.elsewhere.path, "utf8") !== world.elsewhere.text) {
    throw new Violation("A file that the record was a link to has changed");
  }
  return { ...findings, ...checkDatabases(world) };
}

async function must(stage: Stage, home: ChaosHome, command: ToolCall["command"], lastFailure: string): Promise<void> {
  const kind = `${command} → ${lastFailure}`;
  const before = stage.journal.counted(kind);
  const runtime = home.index % 2 === 0 ? "deno" : "node";
  await stage.begin({ home: home.index, runtime, command, flags: [] }).judged;
  if (stage.journal.counted(kind) === before) {
    throw new Violation(`After the last action, ${command} on ${home.name} does not result in '${lastFailure}'`);
  }
}

/** No process, no lock, no listener, no temporary file, and none of `files`. */
function checkNothingLeft({ world, bystanders }: Stage, files: readonly string[]): void {
  const processes = processesHere();
  const reusedPid = new Set(bystanders.map(({ pid }) => pid));
  const left = [
    ...findMarked(world).filter(({ pid }) => !reusedPid.has(pid)).map(({ pid, command }) => `pid ${pid}: ${command}`),
    ...world.homes.flatMap(({ paths }) =>
      [paths.supervisorLock, ...programsOf(paths).map(({ processLock }) => processLock)].flatMap((path) =>
        processes.lockHolders(path).map(({ pid }) => `${path} is held by pid ${pid}`)
      )
    ),
    ...world.homes.flatMap(({ port, uiPort, project }) => [port, uiPort, project?.listenerPort ?? port]).flatMap((
      port,
    ) => processes.listeners(port).map(({ pid }) => `port ${port} is listened on by pid ${pid}`)),
    ...files.filter(isThere),
    ...world.homes.flatMap(({ paths, database }) => [paths.home, paths.logsDir, dirname(database)]).flatMap((folder) =>
      namesIn(folder).filter((name) => name.startsWith(".control-") || name.endsWith(".tmp"))
        .map((name) => join(folder, name))
    ),
  ];
  if (left.length > 0) throw new Violation("`stop` on all homes left something behind", left.join("\n"));
}

/** The paths of Temporal and of the processes beside it. */
function programsOf(paths: InstancePaths): InstancePaths[] {
  return [paths, ...PROCESS_NAMES.map((name) => processPaths(paths, name))];
}

function checkSupervisorLog({ name, paths }: ChaosHome): void {
  for (const path of [...rotatedLogs(paths.supervisorLog), paths.supervisorLog]) {
    const mistake = findMistake(readFileSync(path, "utf8"));
    if (mistake !== null) throw new Violation(`The supervisor's log of ${name} contains an internal error`, mistake);
  }
}

/** Checks with a real SQLite that every database is whole, and that Temporal never used one that was set aside. */
function checkDatabases({ homes }: World): { databases: number; setAside: number } {
  const databases = [...new Set(homes.map(({ database }) => database))];
  const setAside = databases.flatMap((database) =>
    namesIn(dirname(database)) // the home's records may be there too
      .filter((name) => name.startsWith(basename(database)) && /\.set-aside-[^-]*(-\d+)?$/.test(name))
      .map((name) => join(dirname(database), name))
  );
  for (const database of databases) {
    if (!existsSync(database)) throw new Violation(`The database ${database} is gone`);
  }
  const script = fileURLToPath(new URL("./inspect_databases.ts", import.meta.url));
  const output = execFileSync(
    requireDeno(),
    ["run", "-A", "--no-config", "--quiet", script, ...databases, ...setAside],
    { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
  );
  const reports = JSON.parse(output) as DatabaseReport[];
  for (const { path, integrity, hasNamespaces } of reports) {
    if (setAside.includes(path)) {
      if (hasNamespaces) throw new Violation(`A database that Temporal had served was set aside: ${path}`);
    } else if (integrity !== "ok" || !hasNamespaces) {
      throw new Violation(`The database ${path} is broken`, integrity);
    }
  }
  if (reports.length !== databases.length + setAside.length) throw new Error("Not every database was inspected");
  return { databases: databases.length, setAside: setAside.length };
}

function requireDeno(): string {
  const deno = process.env["STIGMER_TEST_DENO"];
  if (deno === undefined) throw new Error("STIGMER_TEST_DENO is not set: run this through `make chaos`");
  return deno;
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
