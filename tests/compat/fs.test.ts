import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, it, type TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ensureDir, ensureDirSync } from "@std/fs/ensure-dir";
import { exists, type ExistsOptions, existsSync } from "@std/fs/exists";

/** Runs `body` with its own folder. */
function inFolder(body: (folder: string) => void | Promise<void>): (context: TestContext) => Promise<void> {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), "compat-fs-"));
    try {
      await body(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}

describe("ensureDir()", () => {
  it(
    "creates the folder and its parents, twice, from a path or a URL",
    inFolder(async (folder) => {
      const path = join(folder, "a b", "ü", "c");
      await ensureDir(path);
      await ensureDir(path);
      ensureDirSync(path);
      ensureDirSync(pathToFileURL(join(folder, "d", "e")));
      await ensureDir(pathToFileURL(join(folder, "d", "f")));
      assert(statSync(path).isDirectory());
      assertEquals(readdirSync(join(folder, "d")).sort(), ["e", "f"]);
    }),
  );
  it(
    "accepts a link to a folder",
    inFolder(async (folder) => {
      symlinkSync(folder, join(folder, "link"));
      await ensureDir(join(folder, "link"));
      ensureDirSync(join(folder, "link"));
    }),
  );
  it(
    "refuses a file, and a link to a file",
    inFolder(async (folder) => {
      const file = join(folder, "file");
      writeFileSync(file, "");
      symlinkSync(file, join(folder, "link"));
      const message = "Failed to ensure directory exists: expected 'dir', got 'file'";
      for (const path of [file, join(folder, "link")]) {
        await assertRejects(() => ensureDir(path), Error, message);
        assertThrows(() => ensureDirSync(path), Error, message);
      }
    }),
  );
  it(
    "fails with the system's code under a file, and at a dangling link",
    inFolder(async (folder) => {
      writeFileSync(join(folder, "file"), "");
      assertEquals(codeOf(await assertRejects(() => ensureDir(join(folder, "file", "x")))), "ENOTDIR");
      assertEquals(codeOf(assertThrows(() => ensureDirSync(join(folder, "file", "x")))), "ENOTDIR");
      symlinkSync(join(folder, "nowhere"), join(folder, "link"));
      await assertRejects(() => ensureDir(join(folder, "link")));
      assertThrows(() => ensureDirSync(join(folder, "link")));
    }),
  );
  it(
    "may be called many times at once",
    inFolder(async (folder) => {
      await Promise.all(Array.from({ length: 20 }, () => ensureDir(join(folder, "a", "b", "c"))));
    }),
  );
});

describe("exists()", () => {
  const answers = async (path: string | URL, options?: ExistsOptions): Promise<boolean[]> => [
    await exists(path, options),
    existsSync(path, options),
  ];
  it(
    "sees files, folders and links with an existing target",
    inFolder(async (folder) => {
      const file = join(folder, "file");
      writeFileSync(file, "");
      symlinkSync(file, join(folder, "link"));
      symlinkSync(join(folder, "nowhere"), join(folder, "dangling"));
      for (const path of [folder, file, join(folder, "link"), pathToFileURL(file)]) {
        assertEquals(await answers(path), [true, true]);
      }
      for (const path of [join(folder, "none"), join(folder, "dangling"), join(folder, "none", "x")]) {
        assertEquals(await answers(path), [false, false]);
      }
    }),
  );
  it(
    "distinguishes files from folders on request",
    inFolder(async (folder) => {
      const file = join(folder, "file");
      writeFileSync(file, "");
      symlinkSync(folder, join(folder, "link"));
      assertEquals(await answers(file, { isFile: true }), [true, true]);
      assertEquals(await answers(file, { isDirectory: true }), [false, false]);
      assertEquals(await answers(folder, { isFile: true }), [false, false]);
      assertEquals(await answers(join(folder, "link"), { isDirectory: true }), [true, true]);
      assertEquals(await answers(join(folder, "none"), { isDirectory: true, isFile: true }), [false, false]);
      await assertRejects(
        () => exists(file, { isDirectory: true, isFile: true }),
        TypeError,
        "must not be true together",
      );
      assertThrows(() => existsSync(file, { isDirectory: true, isFile: true }), TypeError, "must not be true together");
    }),
  );
  it(
    "judges isReadable by the permission bits, for root too",
    inFolder(async (folder) => {
      const file = join(folder, "file");
      writeFileSync(file, "");
      assertEquals(await answers(file, { isReadable: true, isFile: true }), [true, true]);
      chmodSync(file, 0o077);
      assertEquals(await answers(file, { isReadable: true }), [false, false]);
    }),
  );
  it(
    "reports a path behind a closed folder as existing, but not readable",
    { skip: process.getuid?.() === 0 && "root may enter every folder" },
    inFolder(async (folder) => {
      const closed = join(folder, "closed");
      mkdirSync(closed, { mode: 0 });
      assertEquals(await answers(join(closed, "x")), [true, true]);
      assertEquals(await answers(join(closed, "x"), { isReadable: true }), [false, false]);
      chmodSync(closed, 0o700);
    }),
  );
  it(
    "fails if it cannot tell",
    inFolder(async (folder) => {
      writeFileSync(join(folder, "file"), "");
      assertEquals(codeOf(await assertRejects(() => exists(join(folder, "file", "x")))), "ENOTDIR");
      assertEquals(codeOf(assertThrows(() => existsSync(join(folder, "file", "x")))), "ENOTDIR");
    }),
  );
});
