import { type Holder, isDead, type Processes } from "../platform/processes/processes.ts";
import { shellWord } from "../text/shell_word.ts";
import { findProcess } from "./find_process.ts";
import { instancePaths } from "./paths.ts";

/** A process that holds something that an instance needs, and how to end it. */
export interface Obstacle {
  /** As in messages: `pid 4711 (nginx)`, `the Temporal of ~/work/orders (pid 24109)`. */
  who: string;
  /** The command that ends it. */
  remedy: string;
  /** The home of the instance that it belongs to; null if it belongs to none. */
  home: string | null;
}

/**
 * Describes the process. One of another instance has to be stopped by that instance: its supervisor would replace a process
 * that was killed.
 */
export function describeObstacle({ pid, command }: Holder, processes: Processes): Obstacle {
  const found = instanceOf(pid, processes);
  if (found === null) return { who: `pid ${pid} (${command})`, remedy: `kill ${pid}`, home: null };
  const { role, home } = found;
  return { who: `the ${role} of ${home} (pid ${pid})`, remedy: `stigmer-local stop --home ${shellWord(home)}`, home };
}

/** The beginning of a hint: what ends the obstacle. Another program's own way to stop is not known. */
export function endOf(obstacle: Obstacle | null): string {
  return obstacle === null || obstacle.home === null ? "End that process" : `Stop it with \`${obstacle.remedy}\``;
}

/** The instance of the obstacle as a fact of an error; nothing if it belongs to none. */
export function homeFact(obstacle: Obstacle | null): { home?: string } {
  return obstacle === null || obstacle.home === null ? {} : { home: obstacle.home };
}

/** The instance whose lock the process, or its group, holds. */
function instanceOf(pid: number, processes: Processes): { role: "Temporal" | "supervisor"; home: string } | null {
  const pgid = processes.inspect(pid)?.pgid;
  if (pgid === undefined) return null;
  for (const member of new Set([pid, pgid])) {
    for (const path of processes.lockedFiles(member)) {
      const [, home, name] = /^(.*)\/(temporal|supervisor)\.lock$/.exec(path) ?? [];
      if (home === undefined || home === "") continue;
      const paths = instancePaths(home);
      if (name === "temporal" && findProcess(paths, processes).found?.pgid === pgid) {
        return { role: "Temporal", home };
      }
      const isSupervisor = name === "supervisor" &&
        processes.lockHolders(paths.supervisorLock, member).some((holder) => holder.pid === member);
      const seen = isSupervisor ? processes.inspect(member) : null;
      if (seen !== null && !isDead(seen)) return { role: "supervisor", home };
    }
  }
  return null;
}
