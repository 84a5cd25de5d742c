import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { renderLiveLine, startPhase } from "../../lib/cli/spinner.ts";

describe("renderLiveLine()", () => {
  it("tells what goes on, and since when", () => {
    assertEquals(renderLiveLine(0, "waiting for SERVING", 1234, 80), "⠋ waiting for SERVING (1.2 s)");
  });

  it("never fills a line, so that no terminal wraps it", () => {
    for (const columns of [1, 2, 10, 28, 29, 30]) {
      const { length } = [...renderLiveLine(3, "waiting for SERVING", 1234, columns)];
      assertEquals(length, Math.min(29, Math.max(1, columns - 1)));
    }
  });

  it("turns its mark, however long that takes", () => {
    const marks = Array.from({ length: 25 }, (_, frame) => renderLiveLine(frame, "", 0, 80)[0]);
    assertEquals(new Set(marks).size, 10);
    assertEquals(marks[0], marks[20]);
  });
});

describe("startPhase()", () => {
  const line = (at: number, event: string) => `${JSON.stringify({ at: new Date(at).toISOString(), event, pid: 1 })}\n`;

  it("is that of the last transition", () => {
    assertEquals(startPhase(line(5, "starting"), 0), "launching Temporal");
    assertEquals(startPhase(line(5, "starting") + line(6, "launched"), 0), "waiting for SERVING");
  });

  it("is not an earlier life's", () => {
    assertEquals(startPhase(line(5, "starting") + line(6, "stopped"), 7), "waiting for the supervisor");
  });

  it("passes over what it does not know: a line that was cut off, an event of a later version", () => {
    const text = `:"launched"}\n${line(5, "starting")}${line(6, "prepared")}no JSON\n`;
    assertEquals(startPhase(text, 0), "launching Temporal");
  });
});
