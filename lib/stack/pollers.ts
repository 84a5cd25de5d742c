import type { Poller } from "../grpc/task_queues.ts";
import { didYouMean } from "../text/did_you_mean.ts";

/** A process, as far as the identities of its pollers tell. */
export interface PollingProcess {
  /** The PIDs of the live members of its process group. */
  pids: readonly number[];
  /** The name of this machine, as SDKs put it into an identity. */
  hostname: string;
  /** When it was launched, Unix ms. */
  launchedAtMs: number;
}

/** The default identity of TypeScript's, Python's and Java's SDKs, and the start of Go's: `pid@host`. */
const DEFAULT_IDENTITY = /^(\d+)@([^@]+)/;

/**
 * When `process` polled last, Unix ms; null if none of the pollers is it. A poller is the process if its identity begins
 * with the PID of a member, or, where the program chose an identity (or a container gave it another host), if it polled
 * after the launch.
 */
export function lastPollOf(pollers: readonly Poller[], process: PollingProcess): number | null {
  const times = pollers.filter((poller) => isOf(poller, process)).map(({ polledAtMs }) => polledAtMs);
  return times.length === 0 ? null : Math.max(...times);
}

function isOf({ identity, polledAtMs }: Poller, { pids, hostname, launchedAtMs }: PollingProcess): boolean {
  const [, pid, host] = DEFAULT_IDENTITY.exec(identity) ?? [];
  return pid !== undefined && host === hostname ? pids.includes(Number(pid)) : polledAtMs >= launchedAtMs;
}

/**
 * Names that a task queue may have been given by mistake: the most similar word of `text`, such as a worker's log; one
 * character too much or too little, words joined otherwise, another case. Without `name` itself.
 */
export function similarNames(name: string, text: string): string[] {
  const words = new Set((text.match(/[\w.-]{2,200}/g) ?? []).filter((word) => word !== name));
  const nearest = didYouMean(name, [...words]);
  const variants = [
    ...[...name].map((_, at) => name.slice(0, at) + name.slice(at + 1)),
    `${name}s`,
    name.toLowerCase(),
    name.replaceAll("-", "_"),
    name.replaceAll("_", "-"),
  ];
  return [...new Set([...nearest === null ? [] : [nearest], ...variants])].filter((each) =>
    each !== "" && each !== name
  );
}
