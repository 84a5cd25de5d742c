import { describe, it } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { OwnChanges } from "../../../lib/stack/watch/own_changes.ts";

/** The warning after so many changes, each so long after the launch. */
function after(changes: number, sinceMs: number | null, own = new OwnChanges()): string | null {
  for (let at = 0; at < changes; at++) own.add("src/gen.ts", sinceMs);
  return own.warning;
}

describe("OwnChanges", () => {
  it("warns of ten in a row, each soon after a launch, and names the file", () => {
    assertEquals(after(9, 500), null);
    assertStringIncludes(after(10, 500)!, "A change of src/gen.ts has restarted it 10 times in a row");
  });

  it("begins anew after one that came later", () => {
    const own = new OwnChanges();
    after(9, 500, own);
    own.add("src/main.ts", 60_000);
    assertEquals(after(9, 500, own), null);
  });

  it("counts none that came while nothing had been launched, and forgets none for it", () => {
    assertEquals(after(20, null), null);
    const own = new OwnChanges();
    after(9, 500, own);
    own.add("src/main.ts", null);
    assertStringIncludes(after(1, 500, own)!, "10 times in a row");
  });
});
