import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { LocalError } from "../../../lib/errors/local_error.ts";
import { moveFile } from "../../../lib/platform/files/move_file.ts";
import { withTempDir } from "../support.ts";

describe("moveFile()", () => {
  it("moves a file, for its owner alone", () =>
    withTempDir((folder) => {
      writeFileSync(join(folder, "a"), "new", { mode: 0o644 });
      moveFile(join(folder, "a"), join(folder, "b"), false);
      assertEquals([readdirSync(folder), readFileSync(join(folder, "b"), "utf8")], [["b"], "new"]);
      assertEquals(statSync(join(folder, "b")).mode & 0o777, 0o600);
    }));

  it("replaces only when told to, a link itself and not where it leads", () =>
    withTempDir((folder) => {
      const [a, b, victim] = ["a", "b", "victim"].map((name) => join(folder, name)) as [string, string, string];
      writeFileSync(victim, "victim");
      symlinkSync(victim, b);
      writeFileSync(a, "new");
      const error = assertThrows(() => moveFile(a, b, false), LocalError, "exists");
      assertEquals([error.code, readFileSync(b, "utf8")], ["file-exists", "victim"]);
      writeFileSync(a, "new");
      moveFile(a, b, true);
      assertEquals([readFileSync(b, "utf8"), readFileSync(victim, "utf8")], ["new", "victim"]);
      assertEquals(readdirSync(folder).sort(), ["b", "victim"]);
    }));

  it("leaves nothing half-done where it can't", () =>
    withTempDir((folder) => {
      const a = join(folder, "a");
      mkdirSync(join(folder, "folder"));
      for (const [to, overwrite] of [["none/b", true], ["a/b", false], ["folder", true]] as const) {
        writeFileSync(a, "new");
        assertThrows(() => moveFile(a, join(folder, to), overwrite));
        assertEquals(readdirSync(folder).filter((name) => name.endsWith(".tmp")), []);
      }
    }));

  const other = "/dev/shm";
  it("moves to another file system too", { skip: !isOtherFileSystem(other) }, () =>
    withTempDir((folder) => {
      const far = mkdtempSync(join(other, "stigmer-place-"));
      try {
        writeFileSync(join(folder, "a"), "new");
        moveFile(join(folder, "a"), join(far, "b"), false);
        assertEquals([readFileSync(join(far, "b"), "utf8"), readdirSync(far)], ["new", ["b"]]);
        assertEquals(existsSync(join(folder, "a")), false);
      } finally {
        rmSync(far, { recursive: true });
      }
    }));
});

function isOtherFileSystem(path: string): boolean {
  return existsSync(path) && statfsSync(path).type !== statfsSync(".").type;
}
