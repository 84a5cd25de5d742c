import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { LocalError } from "../../lib/errors/local_error.ts";
import { openLog, requireLogFile } from "../../lib/logs/open_log.ts";
import { withTempDir } from "../support.ts";

describe("openLog()", () => {
  it("creates a log that only its owner can read, and appends to an existing one", () =>
    withTempDir((folder) => {
      const path = join(folder, "temporal.log");
      assert(!requireLogFile(path));
      for (const text of ["one\n", "two\n"]) {
        const fd = openLog(path);
        writeSync(fd, text);
        closeSync(fd);
      }
      assertEquals(readFileSync(path, "utf8"), "one\ntwo\n");
      assertEquals(statSync(path).mode & 0o777, 0o600);
      assert(requireLogFile(path));
    }));

  it("never writes through a symbolic link, live or dangling", () =>
    withTempDir((folder) => {
      const target = join(folder, "precious");
      writeFileSync(target, "kept\n");
      for (const [name, leadsTo] of [["live.log", target], ["dangling.log", join(folder, "nothing")]] as const) {
        const path = join(folder, name);
        symlinkSync(leadsTo, path);
        const error = assertThrows(() => openLog(path), LocalError, "it is a symbolic link");
        assertEquals([error.code, error.facts["path"]], ["home-unusable", path]);
        assertThrows(() => requireLogFile(path), LocalError);
      }
      assertEquals(readFileSync(target, "utf8"), "kept\n");
      assert(!requireLogFile(join(folder, "nothing")));
    }));

  it("does not block on a FIFO, and names what is not a regular file", () =>
    withTempDir((folder) => {
      execFileSync("mkfifo", [join(folder, "fifo.log")]);
      mkdirSync(join(folder, "folder.log"));
      assertThrows(() => openLog(join(folder, "fifo.log")), LocalError, "it is not a regular file");
      assertThrows(() => openLog(join(folder, "folder.log")), LocalError, "it is a directory");
      assertThrows(() => openLog(join(folder, "missing", "a.log")), LocalError, "its directory does not exist");
    }));
});
