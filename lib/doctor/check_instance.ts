import { lstatSync, realpathSync } from "node:fs";
import { findProcess } from "../instance/find_process.ts";
import { describeObstacle } from "../instance/obstacle.ts";
import { removePidFile, setPidFileAside } from "../instance/pid_file.ts";
import { removeStaleSocket } from "../instance/stale_files.ts";
import { type Check, stateInWords } from "../instance/status/status.ts";
import { describeProcess, type Holder } from "../platform/processes/processes.ts";
import { orUnseen } from "../platform/processes/proc_files.ts";
import { placesOf } from "../temporal/launch/places.ts";
import { quotedIfNeeded, shellWord } from "../text/shell_word.ts";
import { type RunCheck, whileUnsupervised } from "./context.ts";
import { diagnose, failed, type Finding, warning } from "./findings.ts";

const NOT_ASKED = "supervisor not asked, because others can write to the home";

/** Checks the state of Temporal. */
export const checkInstance: RunCheck = ({ status, homeFault }) => {
  const { state, temporal, failure, checks, healthy } = status;
  const findings: Finding[] = [];
  const broken = checks.filter((check) => !check.ok && check.name !== "supervisor");
  const isUp = state === "running" || state === "unhealthy";
  const unready = isUp ? (status.processes ?? []).filter(({ ready, state }) => !ready && state !== "stopped") : [];
  const why = broken.map(({ name, detail }) => `${name}: ${detail}`).join(", ");
  if (state === "failed") {
    findings.push(failed(failure?.message ?? "Temporal has failed", failure?.hint ?? "stigmer-local start"));
  } else if (state === "unsupervised") {
    const detail = `Temporal (pid ${temporal?.pid}) runs without a supervisor and would not be restarted`;
    const problem = healthy ? warning : failed;
    findings.push(problem(why === "" ? detail : `${detail}; ${why}`, "stigmer-local start"));
  } else if (homeFault !== null && state === "running" && why === "") {
    return diagnose("instance", [], `Temporal (pid ${temporal?.pid}) is ready; ${NOT_ASKED}`);
  } else if (state === "running" && broken.length > 0 && broken.every(({ name }) => name === "reach")) {
    const remedy = "Share the network, or use another --home here";
    findings.push(failed(`Temporal is running, but ${broken[0]!.detail}`, remedy));
  } else if (state === "unhealthy" || (state === "running" && !healthy && (why !== "" || unready.length === 0))) {
    const silent = checks.find((check) => !check.ok && check.name === "supervisor")?.detail;
    const what = why === "" && silent !== undefined ? "Temporal is ready, but its supervisor" : "Temporal";
    findings.push(failed(`${what} is unhealthy: ${why || silent || "unknown"}`, remedyFor(broken)));
  } else if (state === "backoff") {
    findings.push(warning("Temporal exited unexpectedly and will be restarted", "stigmer-local logs"));
  } else if (state === "unknown") {
    findings.push(warning(why, ELSEWHERE));
  } else if (why !== "") {
    findings.push(warning(why, "stigmer-local restart"));
  }
  for (const { name, state, failure, detail } of unready) {
    const reason = failure?.message ?? detail;
    const problem = state === "failed" ? failed : warning;
    findings.push(problem(
      `${name}, beside Temporal, is not ready (${state})${reason === null ? "" : `: ${reason}`}`,
      failure?.hint ?? `stigmer-local logs ${quotedIfNeeded(name)}`,
    ));
  }
  for (const message of status.warnings ?? []) findings.push(warning(message));
  const detail = state === "running"
    ? `Temporal ${temporal?.version ?? ""} (pid ${temporal?.pid}) is running and healthy at ${status.address}`
    : stateInWords(state);
  return diagnose("instance", findings, detail);
};

const HIDDEN = "a process that cannot be seen from here";
const ELSEWHERE = "Look where it runs: as another user, or in a container (or its host) that shares this home";

/** A restart would not bring up Temporal on a full disk. */
function remedyFor(broken: readonly Check[]): string {
  const isDiskFull = broken.some(({ name, detail }) => name === "data" && !detail.includes("transaction"));
  return isDiskFull ? "Free some space for the database and the logs" : "stigmer-local restart";
}

/** Checks which processes hold the locks, and whether the lock files exist. */
export const checkLocks: RunCheck = (context) => {
  const { lockPaths, processes } = context;
  const findings: Finding[] = [];
  const { foreignLockHolder } = context.evidence;
  if (foreignLockHolder !== null) {
    const detail =
      `temporal.lock is held by pid ${foreignLockHolder.pid} (${foreignLockHolder.command}), which is not our Temporal`;
    findings.push(failed(detail, `kill ${foreignLockHolder.pid}`));
  }
  const summary: string[] = [];
  for (const path of lockPaths) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const info = lstatSync(path, { throwIfNoEntry: false });
    if (info !== undefined && !info.isFile()) {
      findings.push(failed(`${path} is not a regular file and cannot be locked`, `rm -r ${shellWord(path)}`));
      continue;
    }
    const holders = processes.lockHolders(path);
    const here = holders.filter(({ on }) => on === "path");
    const nameless = holders.filter(({ on }) => on === "deleted");
    if (nameless.length > 0 && here.length === 0) {
      const detail = `${name} was deleted while ${list(nameless)} held it`;
      findings.push(
        context.status.supervisor === null
          // The next start adopts Temporal and recreates the file.
          ? failed(`${detail}: a second start would not detect the first`, "stigmer-local start")
          : warning(`${detail}; the supervisor recreates it within a second`),
      );
    }
    if (context.hiddenLocks.includes(path)) {
      findings.push(warning(`${name} is held by ${HIDDEN}`, ELSEWHERE));
      continue;
    }
    summary.push(here.length === 0 ? `${name} free` : `${name} held by ${list(here)}`);
  }
  return diagnose("locks", findings, summary.join(", "));
};

/** Checks whether the PID file matches the running Temporal. */
export const checkRecord: RunCheck = (context) => {
  const { paths, evidence: { record, unusable, found: temporal, reusedPid } } = context;
  const findings: Finding[] = [];
  const stale = (detail: string, fix: () => unknown) =>
    findings.push(
      warning(detail, "stigmer-local start, or stigmer-local doctor --fix", () =>
        whileUnsupervised(context, (alive) => {
          if (alive !== null) throw new Error("Temporal was started meanwhile");
          fix();
        })),
    );
  if (unusable !== null) {
    stale(`temporal.pid is unusable: ${unusable}`, () => setPidFileAside(paths.record));
  } else if (record !== null && temporal === null && context.hiddenLocks.includes(paths.processLock)) {
    return diagnose("record", [], `describes ${HIDDEN} (pid ${record.pid})`);
  } else if (record !== null && temporal === null) {
    const { pid } = record;
    const about = reusedPid === null ? `pid ${pid} has exited` : `the PID was reused by ${describeProcess(reusedPid)}`;
    stale(`temporal.pid is stale: ${about}`, () => removePidFile(paths, pid));
  } else if (record !== null && temporal?.leader?.pid !== undefined && record.pid !== temporal.leader.pid) {
    const detail = `temporal.pid contains ${record.pid}, but Temporal has pid ${temporal.leader.pid}`;
    findings.push(warning(detail, "stigmer-local restart"));
  } else if (record === null && temporal !== null) {
    findings.push(warning("temporal.pid is missing", "stigmer-local start"));
  }
  const summary = record === null ? "none, Temporal is not running" : "matches the running Temporal";
  return diagnose("record", findings, summary);
};

/** Checks whether a supervisor answers on the control socket. */
export const checkSocket: RunCheck = (context) => {
  const { paths, processes, status, homeFault } = context;
  const info = lstatSync(paths.controlSocket, { throwIfNoEntry: false });
  if (status.supervisor !== null) {
    return diagnose("control", [], `supervisor (pid ${status.supervisor.pid}) responds`);
  }
  const findings: Finding[] = [];
  const [holder] = processes.lockHolders(paths.supervisorLock);
  if (homeFault !== null && holder !== undefined) return diagnose("control", [], NOT_ASKED);
  if (holder !== undefined && status.state !== "starting") {
    findings.push(failed(`the supervisor (pid ${holder.pid}) does not respond`, "stigmer-local restart"));
  } else if (info !== undefined && !info.isSocket()) {
    findings.push(failed(`${paths.controlSocket} is not a socket`, `rm -r ${shellWord(paths.controlSocket)}`));
  } else if (context.hiddenLocks.includes(paths.supervisorLock)) {
    findings.push(failed(`the supervisor is ${HIDDEN}, and does not respond`, ELSEWHERE));
  } else if (info !== undefined && holder === undefined && context.hiddenLocks.length === 0) {
    const remove = () => whileUnsupervised(context, () => removeStaleSocket(context));
    findings.push(warning("control.sock is stale: its supervisor has exited", "stigmer-local doctor --fix", remove));
  }
  return diagnose("control", findings, "no supervisor, no socket");
};

/** Checks which processes listen on the ports. */
export const checkPorts: RunCheck = (context) => {
  const { settings, processes, evidence } = context;
  const temporal = evidence.found?.pgid ?? null;
  const findings: Finding[] = [];
  const summary: string[] = [];
  for (const { flag, port } of placesOf(settings)) {
    const listeners = processes.listeners(port);
    const foreign = listeners.filter(({ pid }) =>
      temporal === null || pid === null || processes.inspect(pid)?.pgid !== temporal
    );
    for (const { pid, command, address } of foreign) {
      const obstacle = pid === null
        ? null
        : describeObstacle({ pid, command: command ?? "unknown command" }, processes);
      const who = obstacle?.who ?? "an unknown process, perhaps of another user";
      const detail = `port ${port} of ${address} is taken by ${who}`;
      const way = `stigmer-local ${temporal === null ? "start" : "restart"} ${flag} ${Math.min(port + 100, 65_535)}`;
      const remedy = obstacle === null ? way : `${obstacle.remedy}; or ${way}`;
      findings.push(temporal === null ? failed(detail, remedy) : warning(detail, remedy));
    }
    summary.push(`${port} ${listeners.length === 0 ? "free" : "in use by Temporal"}`);
  }
  return diagnose("ports", findings, summary.join(", "));
};

/** Finds orphaned processes of this instance. */
export const checkOrphans: RunCheck = ({ paths, processes, hasHome }) => {
  if (!hasHome) return diagnose("orphans", [], "none");
  const groupOf = (pid: number) => processes.inspect(pid)?.pgid;
  const binDir = orUnseen(() => realpathSync(paths.binDir)) ?? paths.binDir; // as an executable's path is
  const isOurs = ({ pid }: Holder) => {
    const argv = processes.argv(pid) ?? [];
    const isSupervisor = argv.some((word) => /\/supervisor\/main(_node)?\.[cm]?[jt]s$/.test(word));
    const executable = processes.inspect(pid)?.executable;
    return isSupervisor || argv.includes("start-dev") || executable?.startsWith(`${binDir}/`) === true;
  };
  const suspects = [...processes.lockHolders(paths.processLock), ...processes.processesIn(paths.home).filter(isOurs)];
  // Read last, so that they include processes that were just started.
  const known = new Set([
    ...processes.lockHolders(paths.supervisorLock).map(({ pid }) => groupOf(pid)),
    findProcess(paths, processes).found?.pgid,
  ]);
  const orphans = suspects.filter(({ pid }) => groupOf(pid) !== undefined && !known.has(groupOf(pid)));
  const findings = [...new Map(orphans.map((each) => [each.pid, each.command]))].map(([pid, command]) =>
    warning(
      `pid ${pid} (${command}) belongs to this home, but has no supervisor`,
      `stigmer-local stop; if it remains, kill ${pid}`,
    )
  );
  return diagnose("orphans", findings, "none");
};

function list(holders: readonly Holder[]): string {
  return holders.map(({ pid }) => `pid ${pid}`).join(", ");
}
