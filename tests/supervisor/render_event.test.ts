import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import type { LogEvent } from "../../lib/instance/event_log.ts";
import { renderEvent } from "../../lib/supervisor/render_event.ts";
import { paintFor } from "../../lib/text/paint.ts";

const render = (event: string, facts: Record<string, unknown> = {}, isColoured = false) =>
  renderEvent({ at: "2026-01-02T03:04:05.678Z", event, ...facts } as LogEvent, paintFor(isColoured));

describe("renderEvent", () => {
  it("tells what happened to Temporal in sentences", () => {
    assertEquals(render("launched", { pid: 7 }), "Launched Temporal (pid 7)");
    assertEquals(render("running", { from: "starting" }), "Temporal is ready");
    assertEquals(render("running", { from: "unhealthy" }), "Temporal responds again");
    const crash = { pid: 7, code: null, signal: "SIGSEGV", reason: "crashed" };
    assertEquals(render("exited", crash), "Temporal (pid 7) crashed (SIGSEGV)");
    assertEquals(render("exited", crash, true), "\x1b[31mTemporal (pid 7) crashed (SIGSEGV)\x1b[39m");
    const itself = { pid: 7, code: 0, signal: null, reason: "exited by itself" };
    assertEquals(render("exited", itself), "Temporal (pid 7) exited by itself (code 0)");
    assertEquals(render("stopping", { on: "restart" }), "Stopping Temporal for a restart");
    assertEquals(
      render("ended", { pid: 7, forced: true, graceMs: 12_000 }),
      "Temporal (pid 7) did not exit within 12 s and was killed",
    );
    assertEquals(render("warning", { message: "Port 7 was taken" }), "Warning: Port 7 was taken");
  });

  it("is silent where another event or the error says the same", () => {
    assertEquals(render("starting"), null);
    assertEquals(render("adopted", { pid: 7, proof: "lock" }), null);
    assertEquals(render("exited", { pid: 7, code: 0, signal: null, reason: "stopped" }), null);
    assertEquals(render("ended", { pid: 7, forced: true, graceMs: 0 }), null);
    assertEquals(render("failed", { failure: {} }), null);
  });

  it("shows an event that it does not know with its facts", () => {
    assertEquals(render("guard failed", { why: "EIO", tries: 2 }), "Guard failed why=EIO tries=2");
    assertEquals(render("toString"), "ToString");
  });
});
