import { askSupervisor } from "../control/client.ts";
import { LocalError, systemErrorCode } from "../errors/local_error.ts";
import { instancePaths } from "../instance/paths.ts";
import type { Host } from "../platform/runtime/host.ts";
import type { System } from "../platform/system.ts";
import { systemHere } from "../platform/system_here.ts";

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
export async function killUnresponsiveSupervisor(
  host: Host,
  home: string,
  system: System = systemHere(host.platform),
): Promise<"gone" | "answers"> {
  const { processes, nowMs, delay } = system;
  const { supervisorLock } = instancePaths(home);
  const holders = () =>
    processes.lockHolders(supervisorLock).filter(({ on, pid }) => on === "path" && pid !== host.pid)
      .map(({ pid }) => ({ pid, startTime: processes.inspect(pid)?.startTime }));
  const silent = holders();
  const hung = () =>
    holders().filter((now) => silent.some(({ pid, startTime }) => pid === now.pid && startTime === now.startTime));
  for (const { pid } of silent) signal(pid, "SIGCONT", system);
  for (const giveUpAt = nowMs() + PATIENCE_MS; nowMs() < giveUpAt;) {
    const answer = await askSupervisor(host, home, "GET", "/healthz");
    if (answer.kind === "answer") return "answers";
    if (answer.kind === "absent" || hung().length === 0) return "gone";
    await delay(50);
  }
  for (const { pid } of hung()) signal(pid, "SIGKILL", system);
  for (const giveUpAt = nowMs() + PATIENCE_MS; hung().length > 0;) {
    if (nowMs() > giveUpAt) {
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

function signal(pid: number, name: "SIGCONT" | "SIGKILL", { kill }: System): void {
  try {
    kill(pid, name);
  } catch (error) {
    if (systemErrorCode(error) !== "ESRCH") throw error;
  }
}
