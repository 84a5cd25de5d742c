/** An event of inotify(7). */
export type InotifyEvent =
  /** Something changed in the watched folder: in the entry `name`, or in the folder itself. */
  | { kind: "changed"; wd: number; name: string | null }
  /** The kernel has removed the watch: it was asked to, or the folder is deleted or unmounted. */
  | { kind: "ended"; wd: number; name: null }
  /** Events were lost: the queue was full. */
  | { kind: "overflow" };

const IN_Q_OVERFLOW = 0x4000;
const IN_IGNORED = 0x8000;
/** `struct inotify_event` without its name: wd, mask, cookie and len, four bytes each. */
const HEADER_BYTES = 16;

/** The events that one read(2) of an inotify descriptor returned, in their order. */
export function parseInotifyEvents(bytes: Uint8Array): InotifyEvent[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: InotifyEvent[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const wd = view.getInt32(at, true);
    const mask = view.getUint32(at + 4, true);
    const nameEnd = at + HEADER_BYTES + view.getUint32(at + 12, true);
    const padded = bytes.subarray(at + HEADER_BYTES, nameEnd);
    const zero = padded.indexOf(0); // the name is padded with zeros
    const name = padded.length === 0 ? null : decode(zero < 0 ? padded : padded.subarray(0, zero));
    if ((mask & IN_Q_OVERFLOW) !== 0) events.push({ kind: "overflow" });
    else if ((mask & IN_IGNORED) !== 0) events.push({ kind: "ended", wd, name: null });
    else events.push({ kind: "changed", wd, name });
    at = nameEnd;
  }
  return events;
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
