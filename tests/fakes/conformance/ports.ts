import { networkInterfaces } from "node:os";
import process from "node:process";
import { it } from "node:test";
import { assertEquals, assertRejects } from "@std/assert";
import { systemErrorCode } from "../../../lib/errors/local_error.ts";
import { freePort } from "../../free_ports.ts";
import { isLinux } from "../../platform/support.ts";
import { until } from "../world.ts";
import type { InWorld } from "./support.ts";

const hasIpv6 = Object.values(networkInterfaces()).flat().some((each) => each?.address === "::1");

/** Listeners and their ports. */
export function portsConform(inWorld: InWorld): void {
  it(
    "a listener is known by its address, its process and its group, and its port is free when it is dead",
    inWorld(async ({ system, start, connect }) => {
      const { processes, canBind, kill } = system;
      const port = await freePort();
      assertEquals([await canBind("127.0.0.1", port), processes.listeners(port)], ["free", []]);
      const { pid } = await start("sleeper", { listens: { address: "127.0.0.1", port } });
      const [listener, ...more] = processes.listeners(port);
      assertEquals([listener?.address, listener?.port, listener?.pid, more], ["127.0.0.1", port, pid, []]);
      assertEquals(listener?.command, processes.inspect(pid)!.command);
      assertEquals([processes.groupListensOn(pid, port), processes.groupListensOn(pid, port + 1)], [true, false]);
      assertEquals(processes.groupListensOn(process.pid, port), false);
      assertEquals(await canBind("127.0.0.1", port), "taken");
      (await connect({ host: "127.0.0.1", port }, 10_000)).close();
      kill(pid, "SIGKILL");
      await until(system, "the port is closed", () => processes.listeners(port).length === 0);
      assertEquals(await canBind("127.0.0.1", port), "free");
      const error = await assertRejects(() => connect({ host: "127.0.0.1", port }, 10_000));
      assertEquals(systemErrorCode(error), "ECONNREFUSED");
    }),
  );

  it(
    "a member of a group listens for the group, a process that left it does not",
    inWorld(async ({ system: { processes }, start }) => {
      const [port, other] = [await freePort(), await freePort()];
      const family = await start("parent", { listens: { address: "127.0.0.1", port } });
      assertEquals(processes.listeners(port)[0]?.pid, family.child);
      assertEquals(processes.groupListensOn(family.pid, port), true);
      const { pid, child } = await start("parent of a daemon", { listens: { address: "127.0.0.1", port: other } });
      assertEquals([processes.groupListensOn(pid, other), processes.groupListensOn(child, other)], [false, true]);
    }),
  );

  const overlaps: [listens: string, taken: string[], free: string[]][] = [
    ["127.0.0.1", ["127.0.0.1", "0.0.0.0"], ["::1", "127.0.0.2"]],
    ["0.0.0.0", ["127.0.0.1", "0.0.0.0"], ["::1"]],
    ["::1", ["::1"], ["127.0.0.1", "0.0.0.0"]],
    ["::", ["127.0.0.1", "0.0.0.0", "::1"], []],
  ];
  for (const [address, taken, free] of overlaps) {
    it(
      `a listener on ${address} takes its port on ${taken.join(", ")}${
        free.length > 0 ? `, not on ${free.join(", ")}` : ""
      }`,
      { skip: !isLinux || (address.includes(":") && !hasIpv6) },
      inWorld(async ({ system: { canBind }, start }) => {
        const port = await freePort();
        await start("sleeper", { listens: { address, port } });
        for (const host of taken) assertEquals([host, await canBind(host, port)], [host, "taken"]);
        for (const host of free) assertEquals([host, await canBind(host, port)], [host, "free"]);
      }),
    );
  }
}
