import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { assertEquals, assertGreater, assertGreaterOrEqual, assertRejects } from "@std/assert";
import { type InWorld, pidsOf } from "./support.ts";

/** Users of files, and delays. */
export function filesAndTimeConform(inWorld: InWorld): void {
  it(
    "a process that has a file open to write uses it, one that reads it does not",
    inWorld(async ({ system: { processes }, start }, folder) => {
      const path = join(folder, "data.db");
      writeFileSync(path, "x");
      await start("sleeper", { opens: { path, mode: "r" } });
      assertEquals(processes.fileUsers(path), []);
      const { pid } = await start("sleeper", { opens: { path, mode: "r+" } });
      assertEquals(processes.fileUsers(path), [{ pid, command: processes.inspect(pid)!.command }]);
    }),
  );

  it(
    "a process is found by the folder that it works in",
    inWorld(async ({ system: { processes }, start }, folder) => {
      mkdirSync(join(folder, "inner"));
      const { pid } = await start("sleeper", { cwd: join(folder, "inner") });
      await start("sleeper");
      assertEquals(pidsOf(processes.processesIn(folder)), [pid]);
      assertEquals(pidsOf(processes.processesIn(join(folder, "inn"))), []);
    }),
  );

  it(
    "a delay takes its time, unless it is aborted",
    inWorld(async ({ system: { nowMs, delay } }) => {
      const before = nowMs();
      await delay(20);
      assertGreaterOrEqual(nowMs() - before, 19);
      const abort = new AbortController();
      const waiting = delay(600_000, abort.signal);
      abort.abort(new Error("enough"));
      await assertRejects(() => waiting, Error, "enough");
      await assertRejects(() => delay(0, abort.signal), Error, "enough");
      assertGreater(before + 600_000, nowMs());
    }),
  );

  it(
    "delays end in the order of their times",
    inWorld(async ({ system: { delay } }) => {
      const order: number[] = [];
      await Promise.all([60, 1, 30].map((ms) => delay(ms).then(() => order.push(ms))));
      assertEquals(order, [1, 30, 60]);
    }),
  );
}
