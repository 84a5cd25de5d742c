import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { renderLiveLine, startPhase } from "../../lib/cli/spinner.ts";

describe("renderLiveLine()", () => {
  it("shows the phase and the elapsed time", () => {
    assertEquals(renderLiveLine(0, "Launching Temporal", 1234, 80), "⠋ Launching Temporal (1.2 s)");
  });

  it("never fills the line, so that the terminal does not wrap it", () => {
    for (const columns of [1, 2, 10, 27, 28, 29]) {
      const { length } = [...renderLiveLine(3, "Launching Temporal", 1234, columns)];
      assertEquals(length, Math.min(28, Math.max(1, columns - 1)));
    }
  });

  it("cycles through its frames", () => {
    const marks = Array.from({ length: 25 }, (_, frame) => renderLiveLine(frame, "", 0, 80)[0]);
    assertEquals(new Set(marks).size, 10);
    assertEquals(marks[0], marks[20]);
  });
});

describe("startPhase()", () => {
  const line = (at: number, event: string) => `${JSON.stringify({ at: new Date(at).toISOString(), event, pid: 1 })}\n`;

  it("is the phase of the last transition", () => {
    assertEquals(startPhase(line(5, "starting"), 0), "Launching Temporal");
    assertEquals(startPhase(line(5, "starting") + line(6, "launched"), 0), "Waiting for Temporal to become ready");
  });

  it("ignores transitions of an earlier process", () => {
    assertEquals(startPhase(line(5, "starting") + line(6, "stopped"), 7), "Waiting for the supervisor");
  });

  it("ignores truncated lines and unknown events", () => {
    const text = `:"launched"}\n${line(5, "starting")}${line(6, "prepared")}no JSON\n`;
    assertEquals(startPhase(text, 0), "Launching Temporal");
  });

  it("names the processes that are not ready once Temporal is", () => {
    const of = (process: string, event: string) =>
      `${JSON.stringify({ at: new Date(6).toISOString(), event, process, pid: 1 })}\n`;
    const began = line(5, "starting") + of("worker", "starting") + of("api", "starting") + line(6, "running");
    assertEquals(startPhase(began, 0), "Waiting for worker, api to become ready");
    assertEquals(
      startPhase(began + of("worker", "launched") + of("worker", "running"), 0),
      "Waiting for api to become ready",
    );
    for (const event of ["failed", "stopped"]) {
      assertEquals(startPhase(began + of("api", event), 0), "Waiting for worker to become ready", event);
    }
    assertEquals(startPhase(of("api", "starting") + line(5, "launched"), 0), "Waiting for api to become ready");
  });
});
