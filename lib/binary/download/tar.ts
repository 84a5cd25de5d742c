/** An entry of a tar archive. */
export interface TarEntry {
  name: string;
  kind: "file" | "link" | "device" | "folder" | "other";
  sizeBytes: number;
}

/** What can't be a tar archive, or is a damaged one. */
export class TarError extends Error {
  override readonly name = "TarError";
}

const BLOCK_BYTES = 512;

/**
 * Reads a tar archive (POSIX ustar) piece by piece and writes nothing: `onEntry` is told each entry, `onData` what is in
 * the last one. What GNU's and POSIX' extensions say of the next entry (a longer name, say) is passed over, as an entry
 * of the kind `other`.
 */
export class TarReader {
  readonly #onEntry: (entry: TarEntry) => void;
  readonly #onData: (bytes: Uint8Array) => void;
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #filled = 0;
  #dataLeft = 0;
  #paddingLeft = 0;
  #isOver = false;

  constructor(onEntry: (entry: TarEntry) => void, onData: (bytes: Uint8Array) => void) {
    this.#onEntry = onEntry;
    this.#onData = onData;
  }

  /** Whether the archive's end was read. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Reads the next piece.
   *
   * @throws {TarError} and what the callbacks throw
   */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.#isOver;) {
      const rest = bytes.length - at;
      if (this.#dataLeft > 0) {
        const size = Math.min(rest, this.#dataLeft);
        this.#onData(bytes.subarray(at, at + size));
        this.#dataLeft -= size;
        at += size;
      } else if (this.#paddingLeft > 0) {
        const size = Math.min(rest, this.#paddingLeft);
        this.#paddingLeft -= size;
        at += size;
      } else {
        const size = Math.min(rest, BLOCK_BYTES - this.#filled);
        this.#block.set(bytes.subarray(at, at + size), this.#filled);
        this.#filled += size;
        at += size;
        if (this.#filled === BLOCK_BYTES) this.#readHeader();
      }
    }
  }

  /**
   * To be called when nothing more comes.
   *
   * @throws {TarError} when the archive is cut off
   */
  end(): void {
    if (this.#isOver || (this.#filled === 0 && this.#dataLeft === 0)) return;
    throw new TarError("the archive is cut off");
  }

  #readHeader(): void {
    this.#filled = 0;
    const header = this.#block;
    if (header.every((byte) => byte === 0)) {
      this.#isOver = true;
      return;
    }
    if (octal(header, 148, 8) !== checksum(header)) throw new TarError("it is no tar archive, or a damaged one");
    const isUstar = text(header, 257, 5) === "ustar";
    const prefix = isUstar ? text(header, 345, 155) : "";
    const name = prefix === "" ? text(header, 0, 100) : `${prefix}/${text(header, 0, 100)}`;
    const sizeBytes = octal(header, 124, 12);
    this.#dataLeft = sizeBytes;
    this.#paddingLeft = (BLOCK_BYTES - sizeBytes % BLOCK_BYTES) % BLOCK_BYTES;
    this.#onEntry({ name, kind: kindOf(header[156] ?? 0), sizeBytes });
  }
}

function kindOf(type: number): TarEntry["kind"] {
  switch (String.fromCharCode(type)) {
    case "\0":
    case "0":
    case "7":
      return "file";
    case "1":
    case "2":
      return "link";
    case "3":
    case "4":
    case "6":
      return "device";
    case "5":
      return "folder";
    default:
      return "other";
  }
}

/** The sum of the header's bytes, those of the sum itself counted as spaces. */
function checksum(header: Uint8Array): number {
  return header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);
}

/** What is larger than octal digits can say (GNU's base 256, from 8 GiB on) is no file that is looked for here. */
function octal(header: Uint8Array, start: number, size: number): number {
  const digits = text(header, start, size).trim();
  if (!/^[0-7]{1,11}$/.test(digits)) throw new TarError("it is no tar archive, or one with a file of 8 GiB or more");
  return parseInt(digits, 8);
}

function text(header: Uint8Array, start: number, size: number): string {
  const bytes = header.subarray(start, start + size);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
