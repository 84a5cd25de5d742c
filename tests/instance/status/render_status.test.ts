import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { renderCard, renderStatus, renderStatusLine } from "../../../lib/instance/status/render_status.ts";
import type { Status } from "../../../lib/instance/status/status.ts";
import { paintFor, wantsColour } from "../../../lib/text/paint.ts";
import { ago, deadProcess, NOW_MS, sampleProcess, sampleStatus } from "./sample.ts";

const PLAIN = paintFor(false);
const RUNNING = sampleStatus({
  checks: [
    { name: "lock", ok: true, ms: 0.42, detail: "held by pid 4711" },
    { name: "grpc", ok: false, ms: 1000, detail: "no answer" },
  ],
  paths: { home: "/home/me/.stigmer", database: "/home/me/t.db", log: "/home/me/temporal.log" },
});
const STOPPED: Status = { ...RUNNING, state: "stopped", healthy: false, temporal: null, supervisor: null, checks: [] };

describe("the headline of renderStatus()", () => {
  const headline = (...unready: string[]) => {
    const checks = RUNNING.checks.map((check) => ({ ...check, ok: true }));
    const failed = unready.map((name) => deadProcess(name, { state: "failed" }));
    const processes = [sampleProcess("fine"), deadProcess("cron"), ...failed];
    return renderStatus({ ...RUNNING, healthy: unready.length === 0, checks, processes }, NOW_MS, PLAIN).split("\n")[0];
  };

  it("names the processes that are not ready, and does not blame Temporal", () => {
    assertEquals(headline(), "● Temporal is running, healthy");
    assertEquals(headline("worker"), "● Temporal is running, worker is not ready");
    assertEquals(headline("worker", "api"), "● Temporal is running, worker and api are not ready");
    assertEquals(headline("a", "b", "c"), "● Temporal is running, a, b and c are not ready");
    assertEquals(headline("a", "b", "c", "d"), "● Temporal is running, a, b and 2 others are not ready");
  });
});

describe("renderStatusLine()", () => {
  it("is the state, and why it is not a healthy one", () => {
    const line = (status: Status) => renderStatusLine(status, PLAIN);
    assertEquals(line(RUNNING), "● Temporal is running, healthy (pid 4711, 127.0.0.1:7233)");
    assertEquals(
      line({ ...RUNNING, healthy: false }),
      "● Temporal is running, not healthy (pid 4711, 127.0.0.1:7233): grpc: no answer",
    );
    assertEquals(line(STOPPED), "○ Temporal is stopped");
    const failure = { code: "gave-up" as const, message: "Gave up" };
    assertEquals(line({ ...STOPPED, state: "failed", failure }), "● Temporal has failed: Gave up");
    assertEquals(
      line({ ...STOPPED, managed: false, state: "unknown" }),
      "● The state of Temporal is unknown (127.0.0.1:7233)",
    );
  });
});

describe("renderCard()", () => {
  it("shows where it is to be found", () => {
    assertEquals(
      renderCard(RUNNING, PLAIN),
      `● Temporal is running
  Address    127.0.0.1:7233
  UI         http://127.0.0.1:8233
  Namespace  default
  PID        4711 (supervisor 4700, node)
  Log        /home/me/temporal.log
  Data       /home/me/t.db
`,
    );
  });

  it("says that it was reused, or adopted, or is not up yet", () => {
    const headline = (status: Status) => renderCard(status, PLAIN).split("\n")[0];
    assertEquals(headline({ ...RUNNING, reused: true }), "● Temporal is already running (reused)");
    const adopted = { ...RUNNING, reused: true, temporal: { ...RUNNING.temporal!, adopted: true } };
    assertEquals(headline(adopted), "● Temporal is already running (reused, adopted)");
    assertEquals(headline({ ...RUNNING, reused: false }), "● Temporal is running");
    assertEquals(headline({ ...RUNNING, state: "starting" }), "● Temporal is starting");
  });

  it("leaves out what there is none of", () => {
    const card = renderCard({ ...RUNNING, uiUrl: null, paths: { ...RUNNING.paths, database: null } }, PLAIN);
    assert(!card.includes("UI"), card);
    assert(card.includes("Data       in memory"), card);
  });
});

describe("renderStatus()", () => {
  it("says once that it is not well", () => {
    const headline = (status: Status) => renderStatus(status, NOW_MS, PLAIN).split("\n")[0];
    assertEquals(headline(RUNNING), "● Temporal is running, healthy");
    assertEquals(headline({ ...RUNNING, state: "unhealthy", healthy: false }), "● Temporal is unhealthy");
    assertEquals(
      headline({ ...RUNNING, state: "unsupervised", healthy: false }),
      "● Temporal is unsupervised, not healthy",
    );
  });

  it("shows what runs, then each layer of evidence", () => {
    const lines = renderStatus(RUNNING, NOW_MS, PLAIN).split("\n");
    assertEquals(lines[0], "● Temporal is running, healthy");
    for (
      const line of [
        "  PID        4711, up 3 min 5 s",
        "  Supervisor pid 4700, node 20.20.2",
        "  Binary     /bin/temporal",
      ]
    ) {
      assert(lines.includes(line), `${line} in\n${lines.join("\n")}`);
    }
    assertEquals(lines.slice(-3), [
      "  ✓ lock          0.4 ms  held by pid 4711",
      "  ✗ grpc       1000.0 ms  no answer",
      "",
    ]);
  });

  it("says that nothing runs, and where", () => {
    assertEquals(
      renderStatus(STOPPED, NOW_MS, PLAIN),
      "○ Temporal is stopped\n  Home       /home/me/.stigmer\n  Data       /home/me/t.db\n",
    );
  });

  it("tells why it failed, and what to do", () => {
    const failed: Status = {
      ...STOPPED,
      state: "failed",
      failure: { code: "port-taken", message: "Port 7233 is taken", hint: "end it" },
    };
    const text = renderStatus(failed, NOW_MS, PLAIN);
    assert(text.endsWith("\n  why   Port 7233 is taken\n  hint  end it\n"), text);
    const { hint: _none, ...failure } = failed.failure!;
    assert(renderStatus({ ...failed, failure }, NOW_MS, PLAIN).endsWith("\n  why   Port 7233 is taken\n"));
  });

  it("tells how it ended last, and how often it was restarted", () => {
    const at = ago(66);
    const text = renderStatus(
      { ...RUNNING, restarts: 2, lastExit: { code: null, signal: "SIGKILL", at, reason: "crashed" } },
      NOW_MS,
      PLAIN,
    );
    assert(text.includes("Last exit  crashed, SIGKILL, 1 min 6 s ago"), text);
    assert(text.includes("Restarts   2"), text);
    const exited = renderStatus(
      { ...RUNNING, lastExit: { code: 0, signal: null, at, reason: "exited by itself" } },
      NOW_MS,
      PLAIN,
    );
    assert(exited.includes("exited by itself, code 0, 1 min 6 s ago"), exited);
  });

  it("uses colour only where it is wanted, and says the same with it", () => {
    const coloured = renderStatus({ ...RUNNING, state: "unsupervised", supervisor: null }, NOW_MS, paintFor(true));
    const plain = renderStatus({ ...RUNNING, state: "unsupervised", supervisor: null }, NOW_MS, PLAIN);
    assert(coloured.includes("\x1b["));
    // deno-lint-ignore no-control-regex -- escape sequences are what is looked for
    assertEquals(coloured.replace(/\x1b\[\d+m/g, ""), plain);
  });
});

describe("wantsColour()", () => {
  it("wants a terminal, and nobody who is against it", () => {
    assert(wantsColour(true, { TERM: "xterm" }));
    assert(wantsColour(true, { NO_COLOR: "" }));
    assert(!wantsColour(false, {}));
    assert(!wantsColour(true, { NO_COLOR: "1" }));
    assert(!wantsColour(true, { TERM: "dumb" }));
  });
});
