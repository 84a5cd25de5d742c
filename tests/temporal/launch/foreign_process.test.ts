import { describe, it } from "node:test";
import { assertEquals, assertRejects } from "@std/assert";
import { isForeignProcess } from "../../../lib/temporal/launch/foreign_process.ts";
import { type FakeInstance, withFakeInstance } from "../../fakes/instance.ts";

function isForeign(fake: FakeInstance, pid: number | null, signal = new AbortController().signal): Promise<boolean> {
  return isForeignProcess(pid, fake.instance, signal);
}

describe("isForeignProcess()", () => {
  it(
    "takes a process that stays for foreign",
    withFakeInstance(async (fake) => {
      assertEquals(await isForeign(fake, fake.system.table.spawn({}, 1).pid), true);
    }),
  );

  it(
    "takes no process for foreign while a Temporal of ours is there, of which only a deleted lock may tell",
    withFakeInstance(async (fake) => {
      const { pid } = await fake.orphan({ lock: "deleted", record: null });
      assertEquals([await isForeign(fake, pid), await isForeign(fake, null)], [false, false]);
    }),
  );

  it(
    "waits for one that is just ending, and does not take it for foreign",
    withFakeInstance(async (fake) => {
      const dying = fake.system.table.spawn({}, 1);
      fake.system.table.exit(dying, 300);
      assertEquals(await isForeign(fake, dying.pid), false);
    }),
  );

  it(
    "does not take a zombie for foreign, nor one that is gone",
    withFakeInstance(async (fake) => {
      const zombie = fake.system.table.spawn({}, fake.system.table.spawn({ neverReaps: true }).pid);
      const gone = fake.system.table.spawn({}, 1);
      for (const each of [zombie, gone]) fake.system.table.exit(each);
      assertEquals([zombie.state, await isForeign(fake, zombie.pid), await isForeign(fake, gone.pid)], [
        "Z",
        false,
        false,
      ]);
    }),
  );

  it(
    "gives up on one that does not come to its end",
    withFakeInstance(async (fake) => {
      const dying = fake.system.table.spawn({}, 1);
      fake.system.table.exit(dying, 60_000);
      assertEquals(await isForeign(fake, dying.pid), true);
    }),
  );

  it(
    "takes a process that cannot be named for foreign",
    withFakeInstance(async (fake) => assertEquals(await isForeign(fake, null), true)),
  );

  it(
    "ends its wait when it is aborted",
    withFakeInstance(async (fake) => {
      const dying = fake.system.table.spawn({}, 1);
      fake.system.table.exit(dying, 60_000);
      const abort = new AbortController();
      fake.system.clock.after(100, () => abort.abort(new Error("stopped")));
      await assertRejects(() => isForeign(fake, dying.pid, abort.signal), Error, "stopped");
    }),
  );
});
