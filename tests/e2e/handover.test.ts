import { existsSync, readFileSync, unlinkSync } from "node:fs";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import type { Status } from "../../lib/instance/status/status.ts";
import { assertNothingLeft, otherRuntime, ownRuntime, type TestInstance, until, withInstance } from "./support.ts";

describe("a lock during the handover to a supervisor", () => {
  it("may be deleted: start silently tries again", () =>
    withInstance(async (instance) => {
      const start = instance.launch(["start", "--json", "--headless"]);
      await deleteOnSight(instance.paths.supervisorLock, start.ended);
      const { code, stdout, stderr } = await start.ended;
      assertEquals([code, stderr], [0, ""], stdout);
      const { temporal } = JSON.parse(stdout) as Status;
      assertHasNoMistake(instance);
      assertEquals((await instance.stop(["--force"])).code, 0);
      assertNothingLeft(instance, [temporal!.pid]);
    }));

  it("may be deleted under one of two concurrent starts: both report the same Temporal", () =>
    withInstance(async (instance) => {
      const starts = [ownRuntime, otherRuntime].map((runtime) =>
        instance.launch(["start", "--json", "--headless"], { runtime })
      );
      const all = Promise.all(starts.map(({ ended }) => ended));
      await deleteOnSight(instance.paths.supervisorLock, all);
      const ends = await all;
      assertEquals(ends.map(({ code }) => code), [0, 0], ends.map(({ stdout }) => stdout).join(""));
      const pids = ends.map(({ stdout }) => (JSON.parse(stdout) as Status).temporal!.pid);
      assertEquals(pids[0], pids[1]);
      assertHasNoMistake(instance);
      assertEquals((await instance.stop(["--force"])).code, 0);
      assertNothingLeft(instance, pids);
    }));
});

/** Deletes the file as soon as it exists, a few times, which is faster than the start of a supervisor. */
async function deleteOnSight(path: string, over: Promise<unknown>): Promise<void> {
  let isOver = false;
  over.then(() => isOver = true);
  for (let times = 0; times < 3 && !isOver; times++) {
    await until(`${path} exists`, () => isOver || existsSync(path));
    if (existsSync(path)) unlinkSync(path);
  }
}

function assertHasNoMistake({ paths }: TestInstance): void {
  const log = readFileSync(paths.supervisorLog, "utf8");
  assert(!/supervisor died|internal error/.test(log), log);
}
