import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { parseInotifyEvents } from "../../../lib/platform/watch/inotify_events.ts";

/** An event as the kernel writes it: the name is padded with zeros to a multiple of 16. */
function event(wd: number, mask: number, name = ""): number[] {
  const bytes = new TextEncoder().encode(name);
  const length = name === "" ? 0 : Math.ceil((bytes.length + 1) / 16) * 16;
  const out = new Uint8Array(16 + length);
  const view = new DataView(out.buffer);
  view.setInt32(0, wd, true);
  view.setUint32(4, mask, true);
  view.setUint32(12, length, true);
  out.set(bytes, 16);
  return [...out];
}

describe("parseInotifyEvents()", () => {
  it("reads all events of a read", () => {
    const bytes = Uint8Array.from([
      ...event(1, 0x100, "größe.ts"),
      ...event(2, 0x400),
      ...event(2, 0x8000),
      ...event(-1, 0x4000),
      ...event(3, 0x2, "a-name-of-16-bytes"),
    ]);
    assertEquals(parseInotifyEvents(bytes), [
      { kind: "changed", wd: 1, name: "größe.ts" },
      { kind: "changed", wd: 2, name: null },
      { kind: "ended", wd: 2, name: null },
      { kind: "overflow" },
      { kind: "changed", wd: 3, name: "a-name-of-16-bytes" },
    ]);
    // A part of a larger buffer, as it is read.
    assertEquals(parseInotifyEvents(Uint8Array.from([9, ...bytes]).subarray(1)).length, 5);
  });

  it("reads nothing from nothing", () => {
    assertEquals(parseInotifyEvents(new Uint8Array()), []);
  });
});
