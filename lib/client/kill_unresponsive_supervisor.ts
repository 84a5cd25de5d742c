import { askSupervisor } from "../control/client.ts";
import { LocalError, systemErrorCode } from "../errors/local_error.ts";
import { instancePaths } from "../instance/paths.ts";
import type { Host } from "../platform/runtime/host.ts";
import type { Processes } from "../platform/processes/processes.ts";
import { poll } from "../platform/runtime/poll.ts";
import type { System } from "../platform/system.ts";
import { systemHere } from "../platform/system_here.ts";
import { KERNEL_LOG } from "../text/macos_commands.ts";

/** A supervisor that does not respond for this long is hung, even on a machine that stalls, in ms. */
const HUNG_AFTER_MS = 8000;

/** Whether a process is a supervisor: its last argument is its launch request. Other commands hold `supervisor.lock`, too. */
function isSupervisor(pid: number, { argv }: Processes): boolean {
  return argv(pid)?.at(-1)?.startsWith("{") === true;
}

/**
 * Kills a supervisor that holds its lock but does not respond; Temporal keeps running. Sends SIGCONT first, in case the
 * supervisor was only stopped (Ctrl-Z, a debugger), and waits {@linkcode HUNG_AFTER_MS} for a response. Holding
 * `supervisor.lock` proves that the process is a supervisor. A process that takes the lock meanwhile (the next
 * supervisor, a `stop`) is not signalled.
 *
 * @param isListening A lock holder without a listener is starting or exiting, not hung: that counts as `gone`. False: it has had
 * the time for that, as where Node waits forever for a thread that the system refused it (`ulimit -u`).
 * @returns `answers` if the supervisor responds again, else `gone`
 */
export async function killUnresponsiveSupervisor(
  host: Host,
  home: string,
  system: System = systemHere(host.platform),
  isListening = true,
): Promise<"gone" | "answers"> {
  const { processes } = system;
  const { supervisorLock } = instancePaths(home);
  const holders = () =>
    processes.lockHolders(supervisorLock).filter(({ on, pid }) => on === "path" && pid !== host.pid)
      .map(({ pid }) => ({ pid, startTime: processes.inspect(pid)?.startTime }));
  const silent = holders().filter(({ pid }) => isListening || isSupervisor(pid, processes));
  const hung = () =>
    holders().filter((now) => silent.some(({ pid, startTime }) => pid === now.pid && startTime === now.startTime));
  for (const { pid } of silent) signal(pid, "SIGCONT", system);
  const revived = async () => {
    const answer = await askSupervisor(host, home, "GET", "/healthz");
    if (answer.kind === "answer") return "answers";
    return (isListening && answer.kind === "absent") || hung().length === 0 ? "gone" : null;
  };
  const outcome = await poll(revived, { everyMs: 50, timeoutMs: HUNG_AFTER_MS, clock: system });
  if (outcome !== null) return outcome;
  for (const { pid } of hung()) signal(pid, "SIGKILL", system);
  const killed = () => hung().length === 0 ? "gone" : null;
  if (await poll(killed, { everyMs: 10, timeoutMs: HUNG_AFTER_MS, clock: system }) !== null) return "gone";
  const [stuck] = silent;
  throw new LocalError("supervisor-unresponsive", `Could not kill the unresponsive supervisor (pid ${stuck?.pid})`, {
    hint: `The process is stuck in the kernel (a failed disk or network mount): see ${KERNEL_LOG}`,
    facts: { pid: stuck?.pid },
  });
}

function signal(pid: number, name: "SIGCONT" | "SIGKILL", { kill }: System): void {
  try {
    kill(pid, name);
  } catch (error) {
    if (systemErrorCode(error) !== "ESRCH") throw error;
  }
}
