import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { assertNothingLeft, type TestInstance, withInstance } from "./support.ts";
import { killHard, pidsOf } from "./support_lifecycle.ts";

/** A PID that no process has: the highest one on Linux. */
const UNUSED_PID = 2 ** 22 - 1;
/** The leftovers of supervisors that were killed while they wrote a file or created their socket. */
const LEFT = [
  "temporal.pid.0a1b2c3d.tmp",
  "outcome.json.deadbeef.tmp",
  "history.jsonl.00000000.tmp",
  `.control-${UNUSED_PID}`,
];
/** Files with similar names that are not theirs. */
const OTHERS = ["notes.tmp", "temporal.pid.backup.tmp", ".control-panel", `.control-${process.pid}`];

describe("the leftovers of a killed supervisor", () => {
  it("are removed by the next start, and by stop, the socket too; files with similar names stay", () =>
    withInstance(async (instance) => {
      const { temporal, supervisor } = pidsOf(await instance.start(["--headless"]));
      await killHard(supervisor);
      litter(instance);
      const next = await instance.start(["--headless"]);
      assertEquals(litterOf(instance), OTHERS);

      await killHard(pidsOf(next).supervisor);
      assert(existsSync(instance.paths.controlSocket));
      litter(instance);
      assertEquals((await instance.stop(["--force"])).code, 0);
      assertNothingLeft(instance, [temporal]);
      assertEquals(litterOf(instance), OTHERS);
    }));
});

function litter({ home }: TestInstance): void {
  for (const name of [...LEFT, ...OTHERS]) writeFileSync(join(home, name), "");
}

function litterOf({ home }: TestInstance): string[] {
  const names = readdirSync(home);
  return [...LEFT, ...OTHERS].filter((name) => names.includes(name));
}
