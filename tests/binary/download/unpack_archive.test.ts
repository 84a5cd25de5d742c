import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { type UnpackLimits, unpackTemporal } from "../../../lib/binary/download/unpack_archive.ts";
import { LocalError } from "../../../lib/errors/local_error.ts";
import { withTempDir } from "../../support.ts";
import { type Packed, tar } from "./support.ts";

/** The `temporal` that is unpacked from the tar archive `bytes`. */
async function unpack(folder: string, bytes: Uint8Array, limits?: UnpackLimits): Promise<string> {
  const [archive, target] = [join(folder, "a.tar.gz"), join(folder, "temporal")];
  writeFileSync(archive, gzipSync(bytes, { level: 1 }));
  try {
    await unpackTemporal(archive, target, undefined, limits);
    return readFileSync(target, "utf8");
  } finally {
    rmSync(target);
  }
}

const pax = (key: string, value: string): Packed => {
  const line = ` ${key}=${value}\n`;
  const digits = `${line.length + 2}`.length;
  return { name: "PaxHeader", type: "x", data: `${line.length + digits}${line}` };
};

describe("unpackTemporal()", () => {
  it("takes the regular file among entries of every other kind", () =>
    withTempDir(async (folder) => {
      const archive = tar([
        { name: "a", data: "x".repeat(700) },
        { name: "docs/", type: "5" },
        { name: "link", type: "2", linkTo: "../a" },
        { name: "hard", type: "1", linkTo: "a" },
        { name: "device", type: "4" },
        { name: "odd", type: "Z", data: "?" },
        { name: "empty" },
        pax("mtime", "1700000000"),
        { name: "./temporal", data: "y".repeat(100_000) },
        { name: "b", data: "z".repeat(512) },
      ]);
      assertEquals(await unpack(folder, archive), "y".repeat(100_000));
    }));

  it("goes by the whole name, an extended header's too", () =>
    withTempDir(async (folder) => {
      const moved = tar([pax("path", "../temporal"), { name: "temporal", data: "x" }]);
      await assertRejects(() => unpack(folder, moved), LocalError, "but ../temporal");
      const named = tar([pax("path", "temporal"), { name: "cut", data: "x" }]);
      assertEquals(await unpack(folder, named), "x");
    }));

  const LIMITS = { maxFileBytes: 1_000_000, maxTotalBytes: 3_000_000 };
  const OUTSIDE = ["../temporal", "../../../temporal", "/tmp/temporal", "bin/temporal", "temporal/"];
  const refused: Record<string, [entries: Packed[], says: string]> = {
    "only paths that lead out of it": [
      OUTSIDE.map((name) => ({ name, data: "x" })),
      "no file `temporal`, but ../temporal",
    ],
    "a symbolic link": [[{ name: "temporal", type: "2", linkTo: "/bin/sh" }], "no regular file"],
    "a link, and then a file of that name": [
      [{ name: "temporal", type: "2", linkTo: "../../stolen" }, { name: "temporal", data: "stolen" }],
      "no regular file",
    ],
    "a device": [[{ name: "temporal", type: "3" }], "no regular file"],
    "two of them": [[{ name: "temporal", data: "a" }, { name: "temporal", data: "b" }], "two files"],
    "one larger than any Temporal": [[{ name: "temporal", claimsBytes: 4 * 2 ** 30, data: "x" }], "too large"],
    "what fills the disk": [
      [{ name: "LICENSE", data: new Uint8Array(20_000_000) }, { name: "temporal", data: "x" }],
      "more than any release",
    ],
  };
  for (const [what, [entries, says]] of Object.entries(refused)) {
    it(`refuses an archive with ${what}, and writes nothing beside the target`, () =>
      withTempDir(async (folder) => {
        const inside = join(folder, "a", "b");
        mkdirSync(inside, { recursive: true });
        await assertRejects(() => unpack(inside, tar(entries), LIMITS), LocalError, says);
        assertEquals([readdirSync(inside), readdirSync(folder)], [["a.tar.gz"], ["a"]]);
      }));
  }

  it("says so when an archive is cut off, damaged or none", () =>
    withTempDir(async (folder) => {
      const archive = tar([{ name: "temporal", data: "x".repeat(700) }]);
      for (const length of [100, 512, 900]) {
        await assertRejects(() => unpack(folder, archive.subarray(0, length)), LocalError, "cut off");
      }
      const damaged = archive.slice();
      damaged[0] = 0x7a;
      await assertRejects(() => unpack(folder, damaged), LocalError, "damaged");
      await assertRejects(() => unpack(folder, new Uint8Array(600).fill(0x41)), LocalError, "no tar archive");
    }));

  it("refuses a header too long for memory, and a size that is none", () =>
    withTempDir(async (folder) => {
      const long = tar([{ name: "PaxHeader", type: "x", data: "x".repeat(3_000_000) }, {
        name: "temporal",
        data: "x",
      }]);
      await assertRejects(() => unpack(folder, long), LocalError, "headers are too long");
      for (const size of ["-5", "nothing", "9".repeat(30)]) {
        const odd = tar([pax("size", size), { name: "temporal", data: "x" }, { name: "b", data: "y" }]);
        await assertRejects(() => unpack(folder, odd), LocalError);
      }
    }));

  it("survives anything", () =>
    withTempDir((folder) =>
      fc.assert(
        fc.asyncProperty(
          fc.uint8Array({ maxLength: 3_000 }),
          fc.nat(511),
          fc.boolean(),
          async (bytes, at, isSummed) => {
            const archive = tar([{ name: "a", data: "x" }, { name: "temporal", data: "y" }]);
            archive.set(bytes.subarray(0, archive.length - at), at);
            if (isSummed) setChecksum(archive);
            try {
              await unpack(folder, archive);
            } catch (error) {
              if (!(error instanceof LocalError)) throw error;
            }
          },
        ),
      )
    ));
});

/** Makes the first header valid again, whatever else is in it. */
function setChecksum(archive: Uint8Array): void {
  archive.fill(0x20, 148, 156);
  const sum = archive.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  archive.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
}
