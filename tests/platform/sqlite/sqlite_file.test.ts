import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type ReadAt, sqliteTableContent } from "../../../lib/platform/sqlite/sqlite_file.ts";

const PAGE_BYTES = 512;
const ascii = (text: string) => new TextEncoder().encode(text);

/** A leaf page of table rows, `cells` as they are; `start` is 100 on page 1, behind the file's header. */
function leaf(cells: Uint8Array[], start = 0): Uint8Array {
  const page = new Uint8Array(PAGE_BYTES);
  page.set([13, 0, 0, 0, cells.length], start);
  let end = PAGE_BYTES;
  for (const [i, cell] of cells.entries()) {
    end -= cell.length;
    page.set(cell, end);
    page.set([end >> 8, end & 255], start + 8 + 2 * i);
  }
  return page;
}

/** The schema row of a table. */
function schemaRow(type: string, name: string, rootPage: number): Uint8Array {
  const texts = [ascii(type), ascii(name), ascii(name)];
  const header = [6, ...texts.map((text) => 13 + 2 * text.length), 1, 13];
  const body = [...header, ...texts.flatMap((text) => [...text]), rootPage];
  return Uint8Array.of(body.length, 1, ...body);
}

/** The file of a database with these pages, the first of which has room for the header. */
function database(pages: Uint8Array[]): Uint8Array {
  const file = new Uint8Array(PAGE_BYTES * pages.length);
  for (const [i, page] of pages.entries()) file.set(page, i * PAGE_BYTES);
  file.set(ascii("SQLite format 3\0"));
  file.set([PAGE_BYTES >> 8, PAGE_BYTES & 255], 16);
  file.set([0, 0, 0, 1], 56);
  return file;
}

/** A write-ahead log of these frames. */
function log(frames: { page: number; sizeAfterCommit: number; content: Uint8Array; salt?: number }[]): Uint8Array {
  const file = new Uint8Array(32 + frames.length * (24 + PAGE_BYTES));
  file.set([
    0x37,
    0x7f,
    0x06,
    0x82,
    0,
    0x2d,
    0xe2,
    0x18,
    0,
    0,
    PAGE_BYTES >> 8,
    PAGE_BYTES & 255,
    0,
    0,
    0,
    0,
    7,
    7,
    7,
    7,
    7,
    7,
    7,
    7,
  ]);
  for (const [i, { page, sizeAfterCommit, content, salt = 7 }] of frames.entries()) {
    const at = 32 + i * (24 + PAGE_BYTES);
    file.set([0, 0, 0, page, 0, 0, 0, sizeAfterCommit, salt, 7, 7, 7, 7, 7, 7, 7], at);
    file.set(content, at + 24);
  }
  return file;
}

const reader = (file: Uint8Array): ReadAt => (offset, size) => file.subarray(offset, offset + size);
const ROW = Uint8Array.of(2, 1, 2, 8);
const SCHEMA = leaf([
  schemaRow("table", "other", 9),
  schemaRow("index", "namespaces", 9),
  schemaRow("table", "namespaces", 2),
], 100);

describe("sqliteTableContent()", () => {
  it("tells a table with rows from one without", () => {
    assertEquals(sqliteTableContent(reader(database([SCHEMA, leaf([ROW])])), "namespaces"), "filled");
    assertEquals(sqliteTableContent(reader(database([SCHEMA, leaf([])])), "namespaces"), "empty");
  });

  it("says absent when the schema does not name the table", () => {
    assertEquals(sqliteTableContent(reader(database([leaf([], 100)])), "namespaces"), "absent");
    assertEquals(sqliteTableContent(reader(database([SCHEMA, leaf([])])), "namespace"), "absent");
  });

  it("finds a table in a schema of several pages", () => {
    const root = new Uint8Array(PAGE_BYTES);
    root.set([5, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 4, 1, 0], 100); // one cell at 256, right-most child 4
    root.set([0, 0, 0, 3, 1], 256);
    const pages = [
      root,
      leaf([ROW]),
      leaf([schemaRow("table", "other", 9)]),
      leaf([schemaRow("table", "namespaces", 2)]),
    ];
    assertEquals(sqliteTableContent(reader(database(pages)), "namespaces"), "filled");
  });

  it("says unreadable of what is no database, and of a damaged one", () => {
    assertEquals(sqliteTableContent(reader(new Uint8Array(0)), "t"), "unreadable");
    assertEquals(sqliteTableContent(reader(ascii("x".repeat(5_000))), "t"), "unreadable");
    assertEquals(sqliteTableContent(reader(database([SCHEMA])), "namespaces"), "unreadable");
    assertEquals(
      sqliteTableContent(reader(database([SCHEMA, new Uint8Array(PAGE_BYTES)])), "namespaces"),
      "unreadable",
    );
  });

  it("reads what was committed to the write-ahead log, and nothing else of it", () => {
    const file = database([SCHEMA, leaf([])]);
    const filled = { page: 2, content: leaf([ROW]) };
    const contentWith = (frames: Parameters<typeof log>[0]) =>
      sqliteTableContent(reader(file), "namespaces", reader(log(frames)));
    assertEquals(contentWith([]), "empty");
    assertEquals(contentWith([{ ...filled, sizeAfterCommit: 2 }]), "filled");
    assertEquals(contentWith([{ ...filled, sizeAfterCommit: 0 }]), "empty");
    assertEquals(
      contentWith([{ ...filled, sizeAfterCommit: 0 }, { page: 1, sizeAfterCommit: 2, content: database([SCHEMA]) }]),
      "filled",
    );
    assertEquals(contentWith([{ ...filled, sizeAfterCommit: 2, salt: 8 }]), "empty");
    assertEquals(
      contentWith([{ ...filled, sizeAfterCommit: 2 }, { page: 2, sizeAfterCommit: 2, content: leaf([]) }]),
      "empty",
    );
  });

  it("never throws and always ends, whatever the bytes", () => {
    const whole = database([SCHEMA, leaf([ROW])]);
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 30 });
    fc.assert(fc.property(damage, fc.nat(whole.length), (changes, size) => {
      const file = whole.slice(0, size);
      for (const [at, byte] of changes) file[at] = byte;
      sqliteTableContent(reader(file), "namespaces", reader(file));
    }));
  });
});
