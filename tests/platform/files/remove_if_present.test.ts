import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertThrows } from "@std/assert";
import { removeIfPresent, removeQuietly } from "../../../lib/platform/files/remove_if_present.ts";
import { withTempDir } from "../support.ts";

describe("removeIfPresent()", () => {
  it("removes a file, and succeeds without one", () =>
    withTempDir((folder) => {
      const path = join(folder, "a");
      writeFileSync(path, "");
      removeIfPresent(path);
      assert(!existsSync(path));
      removeIfPresent(path);
    }));

  it("ignores the errors that the caller names, and no others", () =>
    withTempDir((folder) => {
      const path = join(folder, "file", "a");
      writeFileSync(join(folder, "file"), "");
      assertThrows(() => removeIfPresent(path));
      removeIfPresent(path, ["ENOTDIR"]);
    }));
});

describe("removeQuietly()", () => {
  it("ignores every error of the system", () =>
    withTempDir((folder) => {
      mkdirSync(join(folder, "full", "inside"), { recursive: true });
      removeQuietly(join(folder, "full"));
      assert(existsSync(join(folder, "full")));
      removeQuietly(join(folder, "full", "inside", "a"));
    }));
});
