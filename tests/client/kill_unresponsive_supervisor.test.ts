import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { killUnresponsiveSupervisor } from "../../lib/client/kill_unresponsive_supervisor.ts";
import { processesHere } from "../../lib/platform/processes/processes_here.ts";
import { currentHost } from "../../lib/platform/runtime/current_host.ts";
import { isAlive, until } from "../e2e/support.ts";
import { withFlock } from "../portable.ts";

describe("killUnresponsiveSupervisor()", () => {
  it("ends one that holds the lock, listens and says nothing", () =>
    withHome(async ({ home, listen, hold }) => {
      await listen();
      const hung = await hold();
      assertEquals(await killUnresponsiveSupervisor(await currentHost(), home), "gone");
      assert(!isAlive(hung.pid!), "it lives on");
    }));

  it("leaves alone who has the lock after the one that was hung: a stop at work, another supervisor", () =>
    withHome(async ({ home, listen, hold }) => {
      await listen();
      const hung = await hold();
      const killing = killUnresponsiveSupervisor(await currentHost(), home);
      hung.kill("SIGKILL");
      await until("the first holder is dead", () => !isAlive(hung.pid!));
      const next = await hold();
      assertEquals(await killing, "gone");
      assert(isAlive(next.pid!), "the next holder was ended");
    }));

  it("leaves alone a holder where nobody listens: it does not hang, it works", () =>
    withHome(async ({ home, hold }) => {
      const holder = await hold();
      assertEquals(await killUnresponsiveSupervisor(await currentHost(), home), "gone");
      assert(isAlive(holder.pid!), "the holder was ended");
    }));
});

interface SilentHome {
  home: string;
  /** From now on somebody listens on the control socket and answers nothing. */
  listen(): Promise<void>;
  /** A process that holds the supervisor's lock. */
  hold(): Promise<ChildProcess>;
}

async function withHome(body: (silent: SilentHome) => Promise<void>): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "sl-oust-"));
  const lock = join(home, "supervisor.lock");
  const connections = new Set<Socket>();
  const server = createServer((socket) => void connections.add(socket));
  const children: ChildProcess[] = [];
  try {
    await body({
      home,
      listen: () =>
        new Promise((resolve, reject) => {
          server.once("error", reject);
          server.listen(join(home, "control.sock"), resolve);
        }),
      hold: async () => {
        const [file, ...args] = withFlock(lock, "sleep", "600");
        const child = spawn(file!, args, { stdio: "ignore" });
        children.push(child);
        await until("the lock is held", () => processesHere().lockHolders(lock).some(({ pid }) => pid === child.pid));
        return child;
      },
    });
  } finally {
    for (const child of children) child.kill("SIGKILL");
    for (const connection of connections) connection.destroy();
    server.close();
    rmSync(home, { recursive: true, force: true });
  }
}
