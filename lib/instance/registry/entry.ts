/** What the registry says of an instance: where it is. Whether it runs, and as what, its locks and its supervisor say. */
export interface RegistryEntry {
  /** The real path of its home. */
  home: string;
  /** The folder of its project file; null = none. */
  project: string | null;
}

/** An entry is two paths. */
export const MAX_ENTRY_BYTES = 16 * 1024;

/**
 * The name of the file that holds the entry of the home with this real path: its hash, FNV-1a of 64 bits. The first use of
 * Web Crypto takes 9–15 ms, and of `node:crypto` up to 70, in a supervisor that is to launch Temporal at that moment.
 */
export function entryName(home: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(home)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return `${hash.toString(16).padStart(16, "0")}.json`;
}

/** Whether a file of this name may hold an entry. */
export function isEntryName(name: string): boolean {
  return /^[0-9a-f]{16}\.json$/.test(name);
}

/** Whether a file of this name is one that `writeAtomically` has not renamed yet, to an entry. */
export function isTemporaryName(name: string): boolean {
  return /^[0-9a-f]{16}\.json\.[0-9a-f]{8}\.tmp$/.test(name);
}

/** The entry in a parsed JSON document; null if that holds none, or names no absolute path. */
export function readEntry({ schema, home, project }: Readonly<Record<string, unknown>>): RegistryEntry | null {
  if (schema !== 1 || !isPath(home)) return null;
  return { home, project: isPath(project) ? project : null };
}

function isPath(value: unknown): value is string {
  return typeof value === "string" && value.startsWith("/") && value !== "/" && !value.includes("\0");
}
