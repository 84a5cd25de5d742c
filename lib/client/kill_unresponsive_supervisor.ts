import process from "node:process";
import { askSupervisor } from "../control/client.ts";
import { LocalError, systemErrorCode } from "../errors/local_error.ts";
import { instancePaths } from "../instance/paths.ts";
import { processesHere } from "../platform/processes/processes_here.ts";
import { delay } from "../platform/runtime/delay.ts";
import type { Host } from "../platform/runtime/host.ts";

/** A supervisor that stays silent for this long is hung, even on a machine that stalls, in ms. */
const PATIENCE_MS = 8000;

/**
 * Ends a supervisor that holds its lock and answers nothing; Temporal goes on without it. It is woken first, in case
 * it was only stopped (Ctrl-Z, a debugger), and gets {@linkcode PATIENCE_MS} to answer. Having `supervisor.lock` locked
 * proves that the process is ours to end. Who comes into its place meanwhile (the next supervisor, a `stop` at work)
 * is another one, with a patience of its own.
 *
 * @returns whether it answers again; `gone` also when nobody listens any more: who has the lock then does not hang
 */
export async function killUnresponsiveSupervisor(host: Host, home: string): Promise<"gone" | "answers"> {
  const processes = processesHere(host.platform);
  const { supervisorLock } = instancePaths(home);
  const holders = () =>
    processes.lockHolders(supervisorLock).filter(({ on, pid }) => on === "path" && pid !== host.pid)
      .map(({ pid }) => ({ pid, startTime: processes.inspect(pid)?.startTime }));
  const silent = holders();
  const hung = () =>
    holders().filter((now) => silent.some(({ pid, startTime }) => pid === now.pid && startTime === now.startTime));
  for (const { pid } of silent) signal(pid, "SIGCONT");
  for (const giveUpAt = performance.now() + PATIENCE_MS; performance.now() < giveUpAt;) {
    const answer = await askSupervisor(host, home, "GET", "/healthz");
    if (answer.kind === "answer") return "answers";
    if (answer.kind === "absent" || hung().length === 0) return "gone";
    await delay(50);
  }
  for (const { pid } of hung()) signal(pid, "SIGKILL");
  for (const giveUpAt = performance.now() + PATIENCE_MS; hung().length > 0;) {
    if (performance.now() > giveUpAt) {
      const [stuck] = silent;
      throw new LocalError("supervisor-unresponsive", `The supervisor pid ${stuck?.pid} can't be ended`, {
        hint: "It is stuck in the kernel (a dead disk or network mount): look at `dmesg`",
        facts: { pid: stuck?.pid },
      });
    }
    await delay(10);
  }
  return "gone";
}

function signal(pid: number, name: "SIGCONT" | "SIGKILL"): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (systemErrorCode(error) !== "ESRCH") throw error;
  }
}
