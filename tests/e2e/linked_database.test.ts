import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { otherRuntime, withInstance } from "./support.ts";
import { killHard, pidsOf, stopCleanly } from "./support_lifecycle.ts";

describe("a database that is named through a symbolic link", () => {
  it("is the same database for start, which reuses and adopts the Temporal that runs on it", () =>
    withInstance(async (instance) => {
      mkdirSync(join(instance.home, "there"));
      symlinkSync(join(instance.home, "there"), join(instance.home, "link"));
      const args = ["--headless", "--db-filename", join(instance.home, "link", "my.db")];
      const started = await instance.start(args);
      const reused = await instance.start(args, { runtime: otherRuntime });
      assertEquals([reused.reused, reused.temporal?.pid], [true, started.temporal?.pid]);

      await killHard(pidsOf(started).supervisor);
      const adopted = await instance.start(args, { runtime: otherRuntime });
      assertEquals([adopted.temporal?.adopted, adopted.temporal?.pid], [true, started.temporal?.pid]);
      await stopCleanly(instance, adopted);
    }));
});
