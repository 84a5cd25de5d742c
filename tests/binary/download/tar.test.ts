import { describe, it } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type TarEntry, TarError, TarReader } from "../../../lib/binary/download/tar.ts";
import { tar } from "./support.ts";

/** What a reader sees of `bytes`, given in pieces of `size`. */
function readIn(bytes: Uint8Array, size: number): { entries: TarEntry[]; data: number[][] } {
  const entries: TarEntry[] = [];
  const data: number[][] = [];
  const reader = new TarReader((entry) => {
    entries.push(entry);
    data.push([]);
  }, (piece) => data.at(-1)!.push(...piece));
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
  reader.end();
  return { entries, data };
}

describe("TarReader", () => {
  it("reads the same archive in whatever pieces it comes", () => {
    const archive = tar([
      { name: "a", data: "x".repeat(700) },
      { name: "folder/", type: "5" },
      { name: "link", type: "2", linkTo: "../a" },
      { name: "hard", type: "1", linkTo: "a" },
      { name: "device", type: "4" },
      { name: "PaxHeader", type: "x", data: "12 path=b\n" },
      { name: "empty" },
      { name: "b", data: "y".repeat(512) },
    ]);
    const whole = readIn(archive, archive.length);
    const kinds = ["file", "folder", "link", "link", "device", "other", "file", "file"];
    assertEquals(whole.entries.map(({ kind }) => kind), kinds as TarEntry["kind"][]);
    assertEquals(whole.entries.map(({ sizeBytes }) => sizeBytes), [700, 0, 0, 0, 0, 10, 0, 512]);
    assertEquals(whole.data[0]!.length, 700);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), (size) => {
        assertEquals(readIn(archive, size), whole);
      }),
      { numRuns: 30 },
    );
  });

  it("says so when an archive is cut off, damaged or none", () => {
    const archive = tar([{ name: "a", data: "x".repeat(700) }]);
    for (const length of [100, 512, 900]) {
      assertThrows(() => readIn(archive.subarray(0, length), 512), TarError, "cut off");
    }
    const damaged = archive.slice();
    damaged[0] = 0x7a;
    assertThrows(() => readIn(damaged, 512), TarError, "damaged");
    assertThrows(() => readIn(new Uint8Array(600).fill(0x41), 512), TarError, "no tar archive");
  });

  it("survives anything", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 3_000 }), fc.nat(511), (bytes, at) => {
      const archive = tar([{ name: "a", data: "x" }]);
      archive.set(bytes.subarray(0, archive.length - at), at);
      try {
        readIn(archive, 300);
      } catch (error) {
        if (!(error instanceof TarError)) throw error;
      }
    }));
  });
});
