import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { readJsonFile, writeJsonFile } from "../../../lib/platform/files/json_file.ts";
import { withTempDir } from "../support.ts";

describe("readJsonFile()", () => {
  it("reads what writeJsonFile() wrote", () =>
    withTempDir((folder) => {
      const path = join(folder, "a.json");
      writeJsonFile(path, { port: 7233, of: ["a"] });
      assertEquals(readJsonFile(path, 100), { port: 7233, of: ["a"] });
      assertEquals(readFileSync(path, "utf8"), '{"port":7233,"of":["a"]}\n');
    }));

  it("finds no properties in a missing, large, linked, damaged or other file", () =>
    withTempDir((folder) => {
      const path = join(folder, "a.json");
      assertEquals(readJsonFile(path, 100), {});
      for (const text of ["", '{"port":', "null", "7", '"x"', "\0", `{"a":"${"x".repeat(100)}"}`]) {
        writeFileSync(path, text);
        assertEquals(readJsonFile(path, 100), {}, text);
      }
      writeFileSync(path, '{"port":1}');
      symlinkSync(path, join(folder, "link.json"));
      assertEquals(readJsonFile(join(folder, "link.json"), 100), {});
    }));
});
