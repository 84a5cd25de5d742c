import { statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { freeSpace, fullDisk } from "../../../lib/platform/files/free_space.ts";

describe("freeSpace()", () => {
  it("looks at the nearest directory that exists", () => {
    const { path, freeBytes } = freeSpace(join(tmpdir(), "no", "such", "directory"));
    assertEquals(path, tmpdir());
    const { blocks, bsize } = statfsSync(tmpdir());
    assert(freeBytes > 0 && freeBytes <= blocks * bsize);
  });
});

describe("fullDisk()", () => {
  it("is null where there is space, and for a place that cannot be looked at", () => {
    assertEquals(fullDisk([tmpdir(), join(tmpdir(), "none")]), null);
    assertEquals(fullDisk([`${tmpdir()}/${"x".repeat(300)}`]), null);
  });
});
