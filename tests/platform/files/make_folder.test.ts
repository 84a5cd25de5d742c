import { lstatSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assertEquals, assertRejects } from "@std/assert";
import { LocalError } from "../../../lib/errors/local_error.ts";
import { makeFolder } from "../../../lib/platform/files/make_folder.ts";
import { withTempDir } from "../support.ts";

const modeOf = (path: string): number => lstatSync(path).mode & 0o777;

describe("makeFolder()", () => {
  it("makes a folder for its owner alone, whatever the umask, and leaves one that is there as it is", () =>
    withTempDir(async (folder) => {
      const umask = process.umask(0);
      try {
        mkdirSync(join(folder, "old"), 0o755);
        symlinkSync("old", join(folder, "link"));
        for (const name of ["new", "old", "link"]) await makeFolder(join(folder, name));
      } finally {
        process.umask(umask);
      }
      assertEquals([modeOf(join(folder, "new")), modeOf(join(folder, "old"))], [0o700, 0o755]);
    }));

  it("says what stands in the way", () =>
    withTempDir(async (folder) => {
      writeFileSync(join(folder, "file"), "");
      symlinkSync("nothing", join(folder, "dangling"));
      for (const name of ["file", "dangling"]) {
        const make = () => makeFolder(join(folder, name));
        const error = await assertRejects(make, LocalError, "it exists and is not a directory");
        assertEquals(error.code, "home-unusable");
      }
    }));
});
