/** A listening TCP socket in `/proc/net/tcp` or `/proc/net/tcp6`. */
export interface ListeningSocket {
  /** `127.0.0.1`, `::1`, `0.0.0.0`, `::`, `::ffff:127.0.0.1` … */
  address: string;
  /** The number in its holders' `socket:[…]` links, which unlike the address is unique. */
  inode: string;
}

/** TCP_LISTEN in the kernel's include/net/tcp_states.h. */
const LISTEN = "0A";

/**
 * The sockets that listen on `port` in the text of `/proc/net/tcp` or `tcp6` (proc_net(5)). Skips lines that are not
 * sockets, such as the heading or a truncated line.
 */
export function parseNetTcp(text: string, port: number): ListeningSocket[] {
  return text.split("\n").map((line) => parseLine(line, port)).filter((socket) => socket !== null);
}

function parseLine(line: string, wanted: number): ListeningSocket | null {
  //   sl  local_address rem_address   st tx_queue:rx_queue tr:tm->when retrnsmt   uid  timeout inode …
  const fields = line.trim().split(/\s+/);
  const local = fields[1];
  const inode = fields[9];
  if (fields[3] !== LISTEN || local === undefined || inode === undefined || !/^\d+$/.test(inode)) return null;
  const match = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(local);
  if (match === null || parseInt(match[2]!, 16) !== wanted) return null;
  return { address: toAddress(toBytes(match[1]!)), inode };
}

/**
 * Each 32-bit word of an address is printed in the byte order of the machine (tcp4_seq_show in net/ipv4/tcp_ipv4.c), and
 * Temporal is released for little-endian machines only.
 */
function toBytes(hex: string): number[] {
  const bytes: number[] = [];
  for (let word = 0; word < hex.length; word += 8) {
    const four = [0, 2, 4, 6].map((at) => parseInt(hex.slice(word + at, word + at + 2), 16));
    bytes.push(...four.reverse());
  }
  return bytes;
}

/** As RFC 5952 writes IPv6: a URL's host is so, but for an IPv4-mapped address. */
function toAddress(bytes: number[]): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, at) => (bytes[2 * at]! * 256 + bytes[2 * at + 1]!).toString(16));
  const address = new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
  return /^::ffff:[0-9a-f]+:[0-9a-f]+$/.test(address) ? `::ffff:${bytes.slice(12).join(".")}` : address;
}
