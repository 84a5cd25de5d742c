import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { rotatedName } from "../../../lib/logs/retention.ts";
import { listLogs } from "../../../lib/logs/show/log_files.ts";
import { withTempDir } from "../../platform/support.ts";

describe("listLogs()", () => {
  it("lists Temporal's log first, then the others by name", () =>
    withTempDir((folder) => {
      for (const name of ["zeta", "api", "temporal", "orders-worker", "a.b"]) {
        writeFileSync(join(folder, `${name}.log`), "");
      }
      const logs = listLogs(folder);
      assertEquals(logs.map(({ source }) => source), ["temporal", "a.b", "api", "orders-worker", "zeta"]);
      assertEquals(logs[2]!.path, join(folder, "api.log"));
    }));

  it("leaves out the supervisor's, rotated ones, indexes, and what is no regular file", () =>
    withTempDir((folder) => {
      const names = ["supervisor.log", "api.log.times", ".log", "notes.txt", rotatedName("api.log", 0, 3)];
      for (const name of [...names, rotatedName("temporal.log", Date.now())]) writeFileSync(join(folder, name), "");
      mkdirSync(join(folder, "folder.log"));
      symlinkSync("notes.txt", join(folder, "link.log"));
      symlinkSync("nowhere", join(folder, "dangling.log"));
      assertEquals(listLogs(folder), []);
      assertEquals(listLogs(join(folder, "missing")), []);
      assertEquals(listLogs(join(folder, "notes.txt")), []);
    }));
});
