import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { groupsOf, nextReading, NO_READING } from "../../../lib/client/live_view/meter.ts";
import { noteFor, requestFor } from "../../../lib/client/live_view/perform.ts";
import { rowsOf, viewOf, withLines } from "../../../lib/client/live_view/view.ts";
import { ago, deadProcess, NOW_MS, sampleProcess, sampleStatus } from "../../instance/status/sample.ts";

describe("the rows", () => {
  it("are Temporal, then the processes in their order", () => {
    const usage = new Map([[4711, { memoryBytes: 1, cpu: 0.5 }], [4720, { memoryBytes: 2, cpu: null }]]);
    const processes = [sampleProcess("b", { restarts: 3 }), deadProcess("a")];
    const rows = rowsOf(sampleStatus({ processes, restarts: 2 }), usage);
    assertEquals(
      rows.map(({ name, state, pid, startedAtMs, restarts, usage }) => [
        ...[name, state, pid, startedAtMs === null ? null : NOW_MS - startedAtMs, restarts],
        usage?.memoryBytes ?? null,
      ]),
      [
        ["temporal", "running", 4711, 185_000, 2, 1],
        ["b", "running", 4720, 183_000, 3, 2],
        ["a", "stopped", null, null, 0, null],
      ],
    );
  });

  it("say why Temporal is not healthy, but not while it stops", () => {
    const checks = [
      { name: "port", ok: true, ms: 0, detail: "127.0.0.1:7233" },
      { name: "grpc", ok: false, ms: 0, detail: "Connection refused" },
      { name: "ui", ok: false, ms: 0, detail: "Timed out" },
    ] as const;
    const detail = (state: "unhealthy" | "starting" | "stopping" | "stopped") =>
      rowsOf(sampleStatus({ state, checks: [...checks] }), new Map())[0]!.detail;
    assertEquals([detail("unhealthy"), detail("starting")], Array(2).fill("grpc: Connection refused, ui: Timed out"));
    assertEquals([detail("stopping"), detail("stopped")], [null, null]);
  });

  it("prefer a failure to what was awaited", () => {
    const failure = { code: "launch-failed", message: "It exited 10 times" } as const;
    const processes = [deadProcess("a", { state: "failed", detail: "no poller", failure })];
    assertEquals(rowsOf(sampleStatus({ processes }), new Map())[1]!.detail, "It exited 10 times");
  });

  it("have the last poll of the queue that was neglected longest, by workflow or activity pollers", () => {
    const lastPoll = (...taskQueues: { workflow: string | null; activity: string | null }[]) => {
      const named = taskQueues.map((queue, at) => ({ name: `queue ${at}`, ...queue }));
      return rowsOf(sampleStatus({ processes: [sampleProcess("a", { taskQueues: named })] }), new Map())[1]!.lastPoll;
    };
    assertEquals(lastPoll(), null);
    assertEquals(lastPoll({ workflow: null, activity: null }), "never");
    assertEquals(lastPoll({ workflow: ago(5), activity: null }), NOW_MS - 5000);
    assertEquals(
      lastPoll({ workflow: ago(70), activity: ago(2) }, { workflow: null, activity: ago(9) }),
      NOW_MS - 9000,
    );
    assertEquals(lastPoll({ workflow: ago(1), activity: null }, { workflow: null, activity: null }), "never");
  });
});

describe("the followed log", () => {
  it("keeps its last lines only, and none after the view went back to the table", () => {
    const view = viewOf(sampleStatus());
    const followed = { ...view, followed: { row: view.rows[0]!, lines: [] } };
    const full = withLines(followed, Array.from({ length: 2000 }, (_, at) => String(at)));
    assertEquals([full.followed!.lines.length, full.followed!.lines.at(-1)], [500, "1999"]);
    assertEquals(withLines(view, ["late"]), view);
  });
});

describe("the process groups that are measured", () => {
  it("are those that run, and none of an external Temporal", () => {
    const processes = [sampleProcess("a"), deadProcess("b"), sampleProcess("c", { pid: 4730 })];
    assertEquals(groupsOf(sampleStatus({ processes })), [4711, 4720, 4730]);
    assertEquals(groupsOf(sampleStatus({ temporal: null })), []);
    assertEquals(groupsOf(sampleStatus({ managed: false })), []);
  });
});

describe("the share of the processor", () => {
  const used = (cpuMs: number, memoryBytes = 1) => new Map([[7, { memoryBytes, cpuMs }]]);
  const cpuOf = ({ shown }: ReturnType<typeof nextReading>) => shown.get(7)?.cpu;

  it("is unknown at first, then what was used since the last look", () => {
    const first = nextReading(NO_READING, used(1000), 0);
    const second = nextReading(first, used(1500), 1000);
    const third = nextReading(second, used(3500), 2000);
    assertEquals([first, second, third].map(cpuOf), [null, 0.5, 2]);
  });

  it("stays as it was for a look soon after, while the memory is the new one", () => {
    const second = nextReading(nextReading(NO_READING, used(0), 0), used(500), 1000);
    const soon = nextReading(second, used(510, 99), 1100);
    assertEquals([cpuOf(soon), soon.shown.get(7)?.memoryBytes], [0.5, 99]);
    assertEquals(cpuOf(nextReading(soon, used(600), 2000)), 0.1);
  });

  it("is never negative, although a member took its time with it, and unknown for a new group", () => {
    const first = nextReading(NO_READING, used(1000), 0);
    assertEquals(cpuOf(nextReading(first, used(200), 1000)), 0);
    const other = nextReading(first, new Map([[8, { memoryBytes: 1, cpuMs: 5 }]]), 1000);
    assertEquals([...other.shown], [[8, { memoryBytes: 1, cpu: null }]]);
  });
});

describe("the request for a key", () => {
  const [temporal, worker] = rowsOf(sampleStatus({ processes: [sampleProcess("worker")] }), new Map());

  it("names the process, and no other settings", () => {
    const body = { asked: {}, binary: null };
    assertEquals(requestFor("restart", temporal!), { method: "POST", path: "/restart", body });
    const named = { ...body, names: ["worker"] };
    assertEquals(requestFor("restart", worker!), { method: "POST", path: "/restart", body: named });
    assertEquals(requestFor("start", worker!), { method: "POST", path: "/start", body: named });
    assertEquals(requestFor("stop", worker!), { method: "POST", path: "/stop", body: { names: ["worker"] } });
  });

  it("has an outcome in words", () => {
    const note = (outcome: Parameters<typeof noteFor>[2], failure: Parameters<typeof noteFor>[3] = null) =>
      noteFor("restart", worker!, outcome, failure, 120_000);
    assertEquals(note("answer"), { text: "Restarted worker", isError: false });
    assertEquals(note("late").text, "Timed out after 120 s; the supervisor goes on to restart worker");
    const failure = { code: "launch-failed", message: "worker exited at once", hint: "Look at its log" } as const;
    assertEquals(note("answer", failure), { text: "worker exited at once. Look at its log", isError: true });
    assertEquals([note("absent").isError, note("silent").isError], [true, true]);
  });
});
