import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { groupUsageOn, parsePsUsage, usageByProc } from "../../../lib/platform/processes/group_usage.ts";
import { until, withProcess, withTempDir } from "../support.ts";

interface Recorded {
  pid: number;
  pgid: number;
  state?: string;
  ticks?: [user: number, system: number];
  status?: string;
}

function record(root: string, processes: Recorded[]): void {
  for (const { pid, pgid, state = "S", ticks: [user, system] = [0, 0], status = "" } of processes) {
    mkdirSync(join(root, String(pid)));
    const threads = state === "Z" ? 1 : 9;
    const rest = `4194304 1 2 3 4 ${user} ${system} 7 8 20 0 ${threads} 0 1000 1234 56 18446744073709551615`;
    writeFileSync(join(root, String(pid), "stat"), `${pid} (a) b) ${state} 1 ${pgid} ${pgid} 0 -1 ${rest}\n`);
    writeFileSync(join(root, String(pid), "status"), status);
  }
}

const memory = (kilobytes: number) => `VmRSS:\t  999999 kB\nRssAnon:\t    ${kilobytes} kB\nRssFile:\t  4000 kB\n`;

describe("the usage of a process group on Linux", () => {
  it("is the sum of its live members' private memory and processor time", () =>
    withTempDir((proc) => {
      record(proc, [
        { pid: 10, pgid: 10, ticks: [120, 30], status: memory(1000) },
        { pid: 11, pgid: 10, ticks: [7, 0], status: memory(500) },
        { pid: 12, pgid: 10, state: "Z", ticks: [9999, 0] },
        { pid: 13, pgid: 13, ticks: [1, 1], status: memory(64) },
        { pid: 14, pgid: 14, ticks: [5, 5], status: memory(9) },
      ]);
      assertEquals(
        usageByProc([10, 13, 99], proc),
        new Map([
          [10, { memoryBytes: 1500 * 1024, cpuMs: 1570 }],
          [13, { memoryBytes: 64 * 1024, cpuMs: 20 }],
        ]),
      );
    }));

  it("is the resident memory where the kernel does not tell the private one", () =>
    withTempDir((proc) => {
      record(proc, [{ pid: 10, pgid: 10, status: "VmRSS:\t    123 kB\n" }]);
      assertEquals(usageByProc([10], proc).get(10)?.memoryBytes, 123 * 1024);
    }));
});

describe("the usage of a process group on macOS", () => {
  it("is read from ps, which writes times in four lengths", () => {
    const text = [
      "  501 Ss     2048   0:01.50",
      "  501 R+     1024   1:00.25",
      "  501 Z         0   9:99.99",
      "  777 U      4096 1:02:03.00",
      "  888 S       512 2-00:00:01.00",
      "  999 S       512   0:00.01",
      "not a line",
    ].join("\n");
    assertEquals(
      parsePsUsage(text, [501, 777, 888]),
      new Map([
        [501, { memoryBytes: 3072 * 1024, cpuMs: 61_750 }],
        [777, { memoryBytes: 4096 * 1024, cpuMs: 3_723_000 }],
        [888, { memoryBytes: 512 * 1024, cpuMs: 172_801_000 }],
      ]),
    );
  });
});

describe("the usage of a real process group", () => {
  const script = `
    const kept = Buffer.alloc(64 * 1024 * 1024, 1);
    const until = Date.now() + 300;
    while (Date.now() < until);
    console.log(kept.length);
    setInterval(() => {}, 1000);`;

  it("has the memory that it filled and the time that it used", async () => {
    const read = groupUsageOn(process.platform);
    await withProcess([process.env["STIGMER_TEST_NODE"] ?? "node", "-e", script], async ({ pid, output }) => {
      await until(() => output() !== "", "it has filled its memory");
      const usage = (await read([pid])).get(pid)!;
      assert(usage.memoryBytes > 64 * 2 ** 20 && usage.memoryBytes < 512 * 2 ** 20, String(usage.memoryBytes));
      assert(usage.cpuMs > 0, "it used the processor");
    });
  });
});
