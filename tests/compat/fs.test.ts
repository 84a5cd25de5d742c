import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ensureDir } from "@std/fs/ensure-dir";

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
      await ensureDir(pathToFileURL(join(folder, "d", "f")));
      assert(statSync(path).isDirectory());
      assertEquals(readdirSync(join(folder, "d")), ["f"]);
    }),
  );
  it(
    "accepts a link to a folder",
    inFolder(async (folder) => {
      symlinkSync(folder, join(folder, "link"));
      await ensureDir(join(folder, "link"));
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
      }
    }),
  );
  it(
    "fails with the system's code under a file, and at a dangling link",
    inFolder(async (folder) => {
      writeFileSync(join(folder, "file"), "");
      assertEquals(codeOf(await assertRejects(() => ensureDir(join(folder, "file", "x")))), "ENOTDIR");
      symlinkSync(join(folder, "nowhere"), join(folder, "link"));
      await assertRejects(() => ensureDir(join(folder, "link")));
    }),
  );
  it(
    "may be called many times at once",
    inFolder(async (folder) => {
      await Promise.all(Array.from({ length: 20 }, () => ensureDir(join(folder, "a", "b", "c"))));
    }),
  );
});
