import { execFileSync } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { LocalError } from "../../lib/errors/local_error.ts";
import { openLog, requireLogFile } from "../../lib/logs/open_log.ts";
import { makeFolder } from "../../lib/platform/files/make_folder.ts";

async function withFolder(body: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sl-log-"));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("openLog()", () => {
  it("makes a log that its owner alone can read, and appends to one that is there", () =>
    withFolder((folder) => {
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

  it("never writes through a link, whether it leads to something or nowhere", () =>
    withFolder((folder) => {
      const target = join(folder, "precious");
      writeFileSync(target, "kept\n");
      for (const [name, leadsTo] of [["live.log", target], ["dangling.log", join(folder, "nothing")]] as const) {
        const path = join(folder, name);
        symlinkSync(leadsTo, path);
        const error = assertThrows(() => openLog(path), LocalError, "a symbolic link stands there");
        assertEquals([error.code, error.facts["path"]], ["home-unusable", path]);
        assertThrows(() => requireLogFile(path), LocalError);
      }
      assertEquals(readFileSync(target, "utf8"), "kept\n");
      assert(!requireLogFile(join(folder, "nothing")));
    }));

  it("does not wait for the reader of a FIFO, and says what else stands there", () =>
    withFolder((folder) => {
      execFileSync("mkfifo", [join(folder, "fifo.log")]);
      mkdirSync(join(folder, "folder.log"));
      assertThrows(() => openLog(join(folder, "fifo.log")), LocalError, "no regular file stands there");
      assertThrows(() => openLog(join(folder, "folder.log")), LocalError, "a folder stands there");
      assertThrows(() => openLog(join(folder, "missing", "a.log")), LocalError, "its folder does not exist");
    }));
});

describe("makeFolder()", () => {
  it("makes a folder, and takes one that is there, also through a link", () =>
    withFolder(async (folder) => {
      const path = join(folder, "logs");
      await makeFolder(path);
      await makeFolder(path);
      symlinkSync(path, join(folder, "link"));
      await makeFolder(join(folder, "link"));
      assert(statSync(path).isDirectory());
    }));

  it("says that something else stands there", () =>
    withFolder(async (folder) => {
      writeFileSync(join(folder, "file"), "");
      symlinkSync(join(folder, "nothing"), join(folder, "dangling"));
      for (const name of ["file", "dangling"]) {
        const error = await assertRejects(
          () => makeFolder(join(folder, name)),
          LocalError,
          "something else stands there",
        );
        assertEquals(error.code, "home-unusable");
      }
    }));
});
