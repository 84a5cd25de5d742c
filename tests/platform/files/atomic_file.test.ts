import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { systemErrorCode } from "../../../lib/errors/local_error.ts";
import { readBounded, type Refusal, refusalOf, writeAtomically } from "../../../lib/platform/files/atomic_file.ts";
import { syncFile } from "../../../lib/platform/files/sync_path.ts";
import { withTempDir } from "../support.ts";

describe("writeAtomically()", () => {
  it("writes any text, which readBounded() gives back, and leaves nothing beside it", () =>
    withTempDir((folder) => {
      const path = join(folder, "record");
      fc.assert(
        fc.property(fc.string({ unit: "grapheme" }), (text) => {
          writeAtomically(path, text);
          assertEquals(readBounded(path, 1024 * 1024), text.includes("\0") ? { refused: "binary" } : { text });
          assertEquals(readdirSync(folder), ["record"]);
        }),
        { numRuns: 30 },
      );
    }));

  it("gives the file the mode that it is told, whatever the umask and the old file", () =>
    withTempDir((folder) => {
      const path = join(folder, "record");
      writeFileSync(path, "old", { mode: 0o666 });
      const umask = process.umask(0o777);
      try {
        writeAtomically(path, "new");
        assertEquals(statSync(path).mode & 0o7777, 0o600);
        writeAtomically(path, "new", 0o644);
        assertEquals(statSync(path).mode & 0o7777, 0o644);
      } finally {
        process.umask(umask);
      }
    }));

  it("replaces a link, and leaves alone what it led to", () =>
    withTempDir((folder) => {
      const path = join(folder, "record");
      writeFileSync(join(folder, "victim"), "precious");
      symlinkSync("victim", path);
      writeAtomically(path, "new");
      assertEquals(readFileSync(join(folder, "victim"), "utf8"), "precious");
      assertEquals(readBounded(path, 100), { text: "new" });
    }));

  it("keeps the old text and leaves nothing beside it when it fails", () =>
    withTempDir((folder) => {
      mkdirSync(join(folder, "record")); // rename(2) of a file over a folder: EISDIR
      assertThrows(() => writeAtomically(join(folder, "record"), "new"), Error, "EISDIR");
      assertThrows(() => writeAtomically(join(folder, "none", "record"), "new"), Error, "ENOENT");
      assertEquals(readdirSync(folder), ["record"]);
    }));

  it("leaves nothing when the disk is full", { skip: !canFill() }, (t) =>
    withTempDir((folder) => {
      const path = join(folder, "small");
      mkdirSync(path);
      if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", path]).status !== 0) {
        return t.skip("no file system can be mounted here");
      }
      try {
        writeAtomically(join(path, "record"), "old");
        const error = assertThrows(() => writeAtomically(join(path, "record"), "x".repeat(100_000)));
        assertEquals(systemErrorCode(error), "ENOSPC"); // Deno's message names no code
        assertEquals(readdirSync(path), ["record"]);
        assertEquals(readBounded(join(path, "record"), 100), { text: "old" });
      } finally {
        spawnSync("umount", [path]);
      }
    }));
});

describe("readBounded()", () => {
  it("refuses whatever is not a text file of ours to read, and waits for nobody", () =>
    withTempDir(async (folder) => {
      const path = (name: string) => join(folder, name);
      writeFileSync(path("file"), "text");
      writeFileSync(path("big"), "x".repeat(101));
      writeFileSync(path("binary"), Uint8Array.of(65, 0, 66));
      writeFileSync(path("latin1"), Uint8Array.of(0xfc, 0x62, 0x65, 0x72));
      symlinkSync("file", path("link"));
      symlinkSync("nothing", path("dangling"));
      mkdirSync(path("folder"));
      spawnSync("mkfifo", [path("fifo")]);
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(path("socket"), resolve));
      const refusals: Record<string, Refusal> = {
        none: "missing",
        "file/none": "missing",
        link: "symlink",
        dangling: "symlink",
        folder: "not-a-file",
        fifo: "not-a-file",
        socket: "not-a-file",
        big: "too-big",
        binary: "binary",
        latin1: "binary",
      };
      try {
        for (const [name, refused] of Object.entries(refusals)) {
          assertEquals(readBounded(path(name), 100), { refused }, name);
        }
      } finally {
        await new Promise((resolve) => server.close(resolve));
      }
      assertEquals(readlinkSync(path("link")), "file");
    }));

  it("reads a file of just the size that is allowed, and an empty one", () =>
    withTempDir((folder) => {
      const path = join(folder, "file");
      writeFileSync(path, "x".repeat(100));
      assertEquals(readBounded(path, 100), { text: "x".repeat(100) });
      writeFileSync(path, "");
      assertEquals(readBounded(path, 100), { text: "" });
    }));

  it("does not believe the size that a file says it has", { skip: process.platform !== "linux" }, () => {
    assertEquals(readBounded("/proc/self/status", 10), { refused: "too-big" }); // stat(2) says 0
  });

  it(
    "says that a file of somebody else can't be read",
    { skip: process.getuid?.() === 0 },
    () =>
      withTempDir((folder) => {
        writeFileSync(join(folder, "secret"), "text");
        chmodSync(join(folder, "secret"), 0);
        assertEquals(readBounded(join(folder, "secret"), 100), { refused: "unreadable" });
      }),
  );
});

/** Filling a disk needs one of our own to fill, which only root can mount. */
function canFill(): boolean {
  return process.platform === "linux" && process.getuid?.() === 0;
}

describe("syncFile()", () => {
  const fails = (code: string) => () => {
    throw Object.assign(new Error(code), { code });
  };

  it("accepts a file system that cannot sync, as SMB on macOS, and reports a disk that fails", () => {
    for (const code of ["ENOTSUP", "EOPNOTSUPP"]) syncFile(3, fails(code));
    assertThrows(() => syncFile(3, fails("EIO")), Error, "EIO");
  });
});

describe("refusalOf()", () => {
  it("knows the error of macOS for a socket, which no runtime names", () => {
    for (
      const message of ["Unknown system error -102: open '/s'", "Operation not supported on socket (os error 102)"]
    ) {
      assertEquals(refusalOf(new Error(message)), "not-a-file");
    }
    assertThrows(() => refusalOf(new Error("(os error 5)")), Error, "os error 5");
  });
});
