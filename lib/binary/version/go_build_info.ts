import { isVersion, type TemporalVersions } from "../../config/temporal_versions.ts";

/** Where a part of a file is, in bytes. */
export interface FilePart {
  offset: number;
  size: number;
}

/** What the header of a 64-bit ELF file says of its table of sections (elf(5)). */
export interface SectionTable extends FilePart {
  entryBytes: number;
  /** Which section has their names. */
  namesAt: number;
}

/** Bytes of an ELF file's header. */
export const ELF_HEADER_BYTES = 64;

/** The table of sections of the ELF file that begins with `head`; null for another format, and for one without a table. */
export function sectionTable(head: Uint8Array): SectionTable | null {
  const isElf64 = head.length >= ELF_HEADER_BYTES && head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c &&
    head[3] === 0x46 && head[4] === 2 && head[5] === 1; // ELFCLASS64, ELFDATA2LSB
  if (!isElf64) return null;
  const view = viewOf(head);
  const [entryBytes, entries, namesAt] = [view.getUint16(58, true), view.getUint16(60, true), view.getUint16(62, true)];
  if (entryBytes < 64 || namesAt >= entries) return null;
  return { offset: Number(view.getBigUint64(40, true)), size: entryBytes * entries, entryBytes, namesAt };
}

/** The names of the sections in `table`, which is what {@linkcode sectionTable} located. */
export function sectionNames(table: Uint8Array, { entryBytes, namesAt }: SectionTable): FilePart | null {
  return partAt(table, namesAt * entryBytes);
}

/** The section `.go.buildinfo`, if there is one. */
export function buildInfoSection(table: Uint8Array, { entryBytes }: SectionTable, names: Uint8Array): FilePart | null {
  const text = new TextDecoder("latin1").decode(names);
  for (let at = 0; at + entryBytes <= table.length; at += entryBytes) {
    const name = viewOf(table).getUint32(at, true);
    if (text.startsWith(".go.buildinfo\0", name)) return partAt(table, at);
  }
  return null;
}

function partAt(table: Uint8Array, at: number): FilePart | null {
  if (at + 40 > table.length) return null;
  const view = viewOf(table);
  return { offset: Number(view.getBigUint64(at + 24, true)), size: Number(view.getBigUint64(at + 32, true)) };
}

/** Go's mark at the beginning of the section, and the flag for "the texts follow" (debug/buildinfo of Go 1.18). */
const MAGIC = "\xff Go buildinf:";
const INLINE = 2;
const TEXTS_AT = 32;
/** Marks around the list of modules, by which it is found in a running program. */
const SENTINEL_BYTES = 16;

/** What `go version -m` prints of a program with this section: its module, those it is made of, how it was built. */
export function modulesIn(section: Uint8Array): string | null {
  const isOurs = new TextDecoder("latin1").decode(section.subarray(0, MAGIC.length)) === MAGIC;
  if (!isOurs || ((section[15] ?? 0) & INLINE) === 0) return null;
  const goVersion = textAt(section, TEXTS_AT);
  const modules = goVersion === null ? null : textAt(section, goVersion.end);
  if (modules === null) return null;
  return new TextDecoder().decode(modules.bytes.subarray(SENTINEL_BYTES, -SENTINEL_BYTES));
}

/** A text with its length before it, as an unsigned varint. */
function textAt(section: Uint8Array, at: number): { bytes: Uint8Array; end: number } | null {
  let length = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = section[at++];
    if (byte === undefined) return null;
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      return at + length > section.length ? null : { bytes: section.subarray(at, at + length), end: at + length };
    }
  }
  return null;
}

/**
 * The versions of Temporal's command-line tool and its server in the modules of a program; null when it is another
 * program, or its own version is not there: then it has to be asked.
 */
export function temporalVersionsIn(modules: string): TemporalVersions | null {
  const lines = modules.split("\n").map((line) => line.split("\t"));
  const isTemporal = lines.some(([kind, value]) =>
    kind === "path" && value === "github.com/temporalio/cli/cmd/temporal"
  );
  if (!isTemporal) return null;
  const flags = lines.find(([kind, value]) => kind === "build" && value?.startsWith("-ldflags="))?.[1] ?? "";
  const cli = /temporalcli\.Version=([^\s"]+)/.exec(flags)?.[1];
  if (cli === undefined || !isVersion(cli)) return null;
  const at = lines.findIndex(([kind, value]) => kind === "dep" && value === "go.temporal.io/server");
  const isReplaced = lines[at + 1]?.[0] === "=>";
  const server = at < 0 || isReplaced ? undefined : lines[at]?.[2];
  return { cli, server: server?.replace(/^v/, "") ?? null };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
