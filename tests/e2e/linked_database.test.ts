import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { otherRuntime, withInstance } from "./support.ts";
import { killHard, pidsOf } from "./support_lifecycle.ts";

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
    }));

  it("is named by the error if it is not a database", () =>
    withInstance(async (instance) => {
      const text = join(instance.home, "notes.txt");
      writeFileSync(text, "not a database\n".repeat(100));
      symlinkSync(text, join(instance.home, "link.db"));
      const { code, stderr } = await instance.run(["start", "--db-filename", join(instance.home, "link.db")]);
      assertEquals(code, 1);
      assertStringIncludes(stderr, `error: The database ${text} cannot be read: file is not a database\n`);
      assertEquals(readFileSync(text, "utf8"), "not a database\n".repeat(100));
    }));
});
