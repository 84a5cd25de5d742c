/** Reads up to `size` bytes at `offset` of a database file; fewer at its end. */
export type ReadAt = (offset: number, size: number) => Uint8Array;

/** Whether a table has rows; `absent` when it is not there, `unreadable` when the file is no database, or a damaged one. */
export type TableContent = "absent" | "empty" | "filled" | "unreadable";

const MAGIC = "SQLite format 3\0";
const FILE_HEADER_BYTES = 100;
const UTF8 = 1;
/** Page types (sqlite.org/fileformat2.html, section 1.6). */
const PageType = { interiorIndex: 2, interiorTable: 5, leafIndex: 10, leafTable: 13 } as const;
/** The schema of Temporal takes some 20 pages. */
const MAX_PAGES = 2_000;

const WAL_HEADER_BYTES = 32;
const WAL_FRAME_HEADER_BYTES = 24;
const MAX_WAL_FRAMES = 200_000;

class Unreadable extends Error {}

/**
 * Looks into a SQLite database whether `table` has rows, by the files' bytes alone: nothing is locked, no journal is
 * rolled back, no library is needed. What a rollback journal is about to undo still counts; of a write-ahead log
 * (`readWalAt`; nothing is ever moved out of it when all who had the database open were killed) what was committed does.
 */
export function sqliteTableContent(readAt: ReadAt, table: string, readWalAt?: ReadAt): TableContent {
  try {
    const header = readAt(0, FILE_HEADER_BYTES);
    if (header.length < FILE_HEADER_BYTES || text(header.subarray(0, 16)) !== MAGIC) return "unreadable";
    const pageBytes = uint(header, 16, 2) === 1 ? 65_536 : uint(header, 16, 2);
    // The encoding is written together with the first table.
    if (pageBytes < 512 || ![0, UTF8].includes(uint(header, 56, 4))) return "unreadable";
    const logged = readWalAt === undefined ? new Map<number, number>() : committedFrames(readWalAt, pageBytes);
    const pageAt = (number: number) => {
      const inWal = logged.get(number);
      const page = inWal !== undefined && readWalAt !== undefined
        ? readWalAt(inWal, pageBytes)
        : readAt((number - 1) * pageBytes, pageBytes);
      if (number < 1 || page.length < pageBytes) throw new Unreadable();
      return page;
    };

    const root = rootPageOf(pageAt, table);
    if (root === null) return "absent";
    const page = pageAt(root);
    const type = uint(page, 0, 1);
    if (type === PageType.interiorTable || type === PageType.interiorIndex) return "filled";
    if (type !== PageType.leafTable && type !== PageType.leafIndex) return "unreadable";
    return uint(page, 3, 2) > 0 ? "filled" : "empty";
  } catch (error) {
    if (error instanceof Unreadable) return "unreadable";
    throw error;
  }
}

/**
 * Where in a write-ahead log the latest committed version of each page is (section 4.1, "WAL File Format"). A frame of
 * the present log bears the salts of its header; a commit is a frame that gives the database's size.
 */
function committedFrames(readWalAt: ReadAt, pageBytes: number): Map<number, number> {
  const committed = new Map<number, number>();
  const header = readWalAt(0, WAL_HEADER_BYTES);
  if (header.length < WAL_HEADER_BYTES || uint(header, 8, 4) !== pageBytes) return committed;
  const salts = text(header.subarray(16, 24), "latin1");
  const pending = new Map<number, number>();
  for (let i = 0; i < MAX_WAL_FRAMES; i++) {
    const offset = WAL_HEADER_BYTES + i * (WAL_FRAME_HEADER_BYTES + pageBytes);
    const frame = readWalAt(offset, WAL_FRAME_HEADER_BYTES);
    if (frame.length < WAL_FRAME_HEADER_BYTES || text(frame.subarray(8, 16), "latin1") !== salts) return committed;
    pending.set(uint(frame, 0, 4), offset + WAL_FRAME_HEADER_BYTES);
    if (uint(frame, 4, 4) === 0) continue;
    for (const [page, at] of pending) committed.set(page, at);
    pending.clear();
  }
  throw new Unreadable();
}

/** Walks the schema table, whose root is page 1, to the entry of `table`; gives the page that its rows begin on. */
function rootPageOf(pageAt: (number: number) => Uint8Array, table: string): number | null {
  const queue = [1];
  for (let visited = 0; queue.length > 0; visited++) {
    if (visited > MAX_PAGES) throw new Unreadable();
    const number = queue.shift() as number;
    const page = pageAt(number);
    const start = number === 1 ? FILE_HEADER_BYTES : 0;
    const type = uint(page, start, 1);
    if (type !== PageType.interiorTable && type !== PageType.leafTable) throw new Unreadable();
    const isLeaf = type === PageType.leafTable;
    const cells = start + (isLeaf ? 8 : 12);
    for (let i = 0; i < uint(page, start + 3, 2); i++) {
      const cell = uint(page, cells + 2 * i, 2);
      if (!isLeaf) {
        queue.push(uint(page, cell, 4));
        continue;
      }
      const root = rootPageInCell(page, cell, table);
      if (root !== null) return root;
    }
    if (!isLeaf) queue.push(uint(page, start + 8, 4));
  }
  return null;
}

/** The root page out of a schema row (type, name, tbl_name, rootpage, sql), when it is the row of table `table`. */
function rootPageInCell(page: Uint8Array, cell: number, table: string): number | null {
  const payloadSize = varint(page, cell);
  const rowId = varint(page, payloadSize.end);
  const headerSize = varint(page, rowId.end);
  const sizes: number[] = [];
  let at = headerSize.end;
  while (sizes.length < 4 && at < rowId.end + headerSize.value) {
    const serialType = varint(page, at);
    sizes.push(serialTypeBytes(serialType.value));
    at = serialType.end;
  }
  const [typeBytes, nameBytes, tableNameBytes, rootBytes] = sizes;
  if (typeBytes === undefined || nameBytes === undefined || tableNameBytes === undefined || rootBytes === undefined) {
    return null;
  }
  const body = rowId.end + headerSize.value;
  if (text(page.subarray(body, body + typeBytes)) !== "table") return null;
  if (text(page.subarray(body + typeBytes, body + typeBytes + nameBytes)) !== table) return null;
  return uint(page, body + typeBytes + nameBytes + tableNameBytes, rootBytes);
}

/** Section 2.1, "Record Format". */
function serialTypeBytes(serialType: number): number {
  return serialType >= 12
    ? (serialType - (serialType % 2 === 0 ? 12 : 13)) / 2
    : [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0][serialType] ?? 0;
}

function varint(page: Uint8Array, start: number): { value: number; end: number } {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const byte = uint(page, start + i, 1);
    value = value * 128 + (byte & 127);
    if (byte < 128) return { value, end: start + i + 1 };
  }
  return { value: value * 256 + uint(page, start + 8, 1), end: start + 9 };
}

function uint(bytes: Uint8Array, start: number, size: number): number {
  let value = 0;
  for (let i = 0; i < size; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) throw new Unreadable();
    value = value * 256 + byte;
  }
  return value;
}

function text(bytes: Uint8Array, encoding: "utf-8" | "latin1" = "utf-8"): string {
  return new TextDecoder(encoding).decode(bytes);
}
