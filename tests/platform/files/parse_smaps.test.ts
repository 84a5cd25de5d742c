import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { rangesAsInFile } from "../../../lib/platform/files/parse_smaps.ts";

/** One mapping, shortened, as Linux 6.18 writes it. */
function mapping(head: string, { anonymous = 0, swap = 0 } = {}): string {
  return [head, "Rss: 13104 kB", `Anonymous:      ${anonymous} kB`, `Swap:           ${swap} kB`, "SwapPss: 0 kB", ""]
    .join("\n");
}

const DENO = "/opt/my tools/deno";
const READ_ONLY = `564f5883d000-564f5a3cb000 r--p 00000000 fe:00 10625797                   ${DENO}`;
const CODE = `7f538bdc0000-7f538bfe6000 r-xp 035cf000 fe:00 10625797                   ${DENO}`;

describe("rangesAsInFile()", () => {
  it("finds what maps the file and can't be written to", () => {
    const smaps = mapping(READ_ONLY) + mapping("4d83640000-4d83680000 rw-p 00000000 00:00 0 ") + mapping(CODE);
    assertEquals(rangesAsInFile(smaps, DENO), [
      { start: 0x564f5883d000n, end: 0x564f5a3cb000n },
      { start: 0x7f538bdc0000n, end: 0x7f538bfe6000n },
    ]);
  });

  it("leaves out where the process has changed a page before, here or in swap", () => {
    const smaps = mapping(READ_ONLY, { anonymous: 4 }) + mapping(CODE, { swap: 4 });
    assertEquals(rangesAsInFile(smaps, DENO), []);
  });

  it("leaves out other files, one that was deleted, what is shared and what can be written to", () => {
    const heads = [
      READ_ONLY.replace(DENO, "/usr/lib/libc.so.6"),
      `${READ_ONLY} (deleted)`,
      READ_ONLY.replace("r--p", "r--s"),
      READ_ONLY.replace("r--p", "rw-p"),
    ];
    assertEquals(heads.flatMap((head) => rangesAsInFile(mapping(head), DENO)), []);
    assertEquals(rangesAsInFile("", DENO), []);
  });
});
