/** An open file as reported by `lsof -F`; fields that were not requested are absent. */
export interface LsofFile {
  pid: number;
  /** The beginning of the process's name. */
  name?: string;
  /** A descriptor's number, or `cwd`, `txt`, `mem` … */
  fd?: string;
  /** `REG`, `IPv4`, `IPv6`, `DIR` … */
  type?: string;
  device?: bigint;
  inode?: bigint;
  links?: number;
  /** The flags of the open file, in hexadecimal with `+fG`: `0x4003;0x0`, or words: `R,W,LCK;CX`. */
  flags?: string;
  /** The path; of a socket, `127.0.0.1:7233` or `*:7233`. */
  path?: string;
}

/** FHASLOCK of macOS' sys/fcntl.h, later FWASLOCKED: flock(2) locked this open file. lsof prints `LCK` for it. */
const HAS_FLOCK = 0x4000;

/**
 * The open files in the output of `lsof -F` (lsof(8), OUTPUT FOR OTHER PROGRAMS): one field per line, its type the
 * first letter; `p` begins a process and `f` one of its files. Paths are decoded: lsof escapes what it can't print.
 */
export function parseLsof(text: string): LsofFile[] {
  const files: LsofFile[] = [];
  let process: Pick<LsofFile, "pid" | "name"> | null = null;
  let file: LsofFile | null = null;
  for (const line of text.split("\n")) {
    const value = line.slice(1);
    switch (line[0]) {
      case "p":
        process = /^\d+$/.test(value) ? { pid: Number(value) } : null;
        file = null;
        break;
      case "c":
        if (process !== null) process.name = value;
        break;
      case "f":
        file = process === null ? null : { ...process, fd: value };
        if (file !== null) files.push(file);
        break;
      default:
        if (file !== null) addField(file, line[0], value);
    }
  }
  return files;
}

function addField(file: LsofFile, kind: string | undefined, value: string): void {
  if (kind === "t") file.type = value;
  else if (kind === "n") file.path = decoded(value);
  else if (kind === "G") file.flags = value;
  else if (kind === "k" && /^\d+$/.test(value)) file.links = Number(value);
  else if (kind === "i" && /^\d+$/.test(value)) file.inode = BigInt(value);
  else if (kind === "D" && /^0x[0-9a-f]+$/i.test(value)) file.device = BigInt(value);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\\\": "\\",
  "\\n": "\n",
  "\\t": "\t",
  "\\b": "\b",
  "\\f": "\f",
  "\\r": "\r",
};

/** lsof(8), OUTPUT: `\n` and its like, `\\` for a backslash, `\xHH` for each byte of another character. */
function decoded(name: string): string {
  if (!name.includes("\\")) return name;
  return name.replace(/\\[\\ntbfr]|(?:\\x[0-9a-f]{2})+/g, (escape) => {
    const bytes = escape.split("\\x").slice(1).map((pair) => parseInt(pair, 16));
    return ESCAPES[escape] ?? new TextDecoder().decode(Uint8Array.from(bytes));
  });
}

/**
 * Whether flock(2) locked the open file, in any process. True also if lsof reports no flags: on macOS this tool locks
 * by open(2) (O_EXLOCK), so no process has a lock file open without the lock.
 */
export function isLockedInLsof(file: LsofFile): boolean {
  return hasFlag(file, HAS_FLOCK, ["LCK"]) ?? true;
}

/** FWRITE of macOS' sys/fcntl.h; lsof prints `W` for it. */
const CAN_WRITE = 2;

/** Whether the open file is read-only; false if lsof reports no flags. */
export function isReadOnlyInLsof(file: LsofFile): boolean {
  return !(hasFlag(file, CAN_WRITE, ["W", "RW"]) ?? true);
}

/** Whether the flags of an open file, bits or words, have this one; null if lsof reports none. */
function hasFlag({ flags = "" }: LsofFile, bit: number, words: readonly string[]): boolean | null {
  const [ofFile = ""] = flags.split(";"); // those of the descriptor follow
  if (ofFile === "") return null;
  if (ofFile.startsWith("0x")) return (parseInt(ofFile, 16) & bit) !== 0;
  return ofFile.split(",").some((word) => words.includes(word));
}

/**
 * The address and port in a listening socket's name; null if it is not one. `*:7233` means all IPv4 or all IPv6
 * addresses.
 */
export function socketAddress(file: LsofFile): { address: string; port: number } | null {
  const match = /^(\*|\[[0-9a-f:.]+(?:%\w+)?\]|[0-9.]+):(\d{1,5})(?: \(LISTEN\))?$/i.exec(file.path ?? "");
  if (match === null) return null;
  const host = match[1]!.replace(/^\[|\]$/g, "");
  const address = host === "*" ? (file.type === "IPv6" ? "::" : "0.0.0.0") : host;
  return { address, port: Number(match[2]) };
}
