import { describe, it } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { keysIn, press } from "../../../lib/client/live_view/keys.ts";
import { type Canvas, renderLast, renderView } from "../../../lib/client/live_view/render.ts";
import { type View, viewOf, withLines, withStatus } from "../../../lib/client/live_view/view.ts";
import type { ProcessStatus, Status } from "../../../lib/instance/status/status.ts";
import { paintFor } from "../../../lib/text/paint.ts";
import { ago, deadProcess, NOW_MS, sampleProcess, sampleStatus } from "../../instance/status/sample.ts";

const PLAIN: Canvas = { columns: 80, rows: 24, nowMs: NOW_MS, paint: paintFor(false), hasKeys: true };
const WIDE: Canvas = { ...PLAIN, columns: 200 };

const STACK = [
  sampleProcess("orders-worker", { taskQueues: [{ name: "orders", workflow: ago(2), activity: ago(61) }] }),
  sampleProcess("billing-worker", {
    state: "unhealthy",
    ready: false,
    detail: "It polls `order`, not `orders`",
    taskQueues: [{ name: "orders", workflow: null, activity: null }],
  }),
  deadProcess("codec", {
    state: "failed",
    restarts: 10,
    failure: {
      code: "launch-failed",
      message: "codec exited 10 times within 5 minutes, with code 127: node was not found",
      hint: "Install node, then `stigmer-local start codec`",
    },
    lastExit: { code: 127, signal: null, at: ago(65), reason: "crashed" },
  }),
];

function viewWith(more: Partial<Status>, typed = ""): View {
  const usage = new Map([[4711, { memoryBytes: 87e6, cpu: 0.012 }], [4720, { memoryBytes: 1.24e9, cpu: null }]]);
  let view = withStatus(viewOf(sampleStatus()), sampleStatus(more), usage);
  for (const key of keysIn(typed)) ({ view } = press(view, key));
  return view;
}

/** The picture without the empty lines above the keys. */
function picture(view: View, canvas: Canvas): string {
  return renderView(view, canvas).join("\n").replace(/\n{3,}/g, "\n\n…\n\n");
}

describe("the live view", () => {
  it("without processes is one row, below what status shows in short", () => {
    assertEquals(
      picture(viewWith({}), PLAIN),
      `● Temporal is running, healthy
  Address    127.0.0.1:7233
  UI         http://127.0.0.1:8233
  Namespace  default
  Version    1.5.1
  Supervisor pid 4700, node 20.20.2
  Home       /home/ada/.stigmer

  NAME      STATE       PID           UP  RESTARTS  MEMORY    CPU
> temporal  running    4711    3 min 5 s         0   87 MB  1.2 %

  Log        /home/ada/.stigmer/logs/temporal.log

…

  r restart   s stop or start   l log   q quit`,
    );
  });

  it("has a row for each process on 80 columns, and says what is wrong with the selected one", () => {
    assertEquals(
      picture(viewWith({ processes: STACK }, "jjj"), PLAIN),
      `● Temporal is running, healthy
  Address    127.0.0.1:7233
  UI         http://127.0.0.1:8233
  Namespace  default
  Version    1.5.1
  Supervisor pid 4700, node 20.20.2
  Home       /home/ada/.stigmer

  NAME            STATE       PID      UP  RESTARTS  MEMORY    CPU   LAST POLL
  temporal        running    4711   3 min         0   87 MB  1.2 %           -
  orders-worker   running    4720   3 min         0  1.2 GB      -     2 s ago
  billing-worker  unhealthy  4720   3 min         0  1.2 GB      -       never
> codec           failed        -       -        10       -      -           -

  Why        codec exited 10 times within 5 minutes, with code 127: node was not
             found
  Hint       Install node, then \`stigmer-local start codec\`
  Last exit  crashed, code 127, 1 min 5 s ago
  Log        /home/ada/.stigmer/logs/codec.log

…

  ↑↓ select   r restart   s stop or start   l log   q quit`,
    );
  });

  it("says on 200 columns what is wrong with each", () => {
    const lines = renderView(viewWith({ processes: STACK }, "j"), WIDE);
    const titles = lines.find((line) => line.startsWith("  NAME"))!;
    assertEquals(titles.trim().split(/ {2,}/), [
      ...["NAME", "STATE", "PID", "UP", "RESTARTS", "MEMORY", "CPU", "LAST POLL", "DETAIL"],
    ]);
    const detail = (name: string) =>
      lines.find((line) => line.slice(2).startsWith(name))!.slice(titles.indexOf("DETAIL"));
    assertEquals(detail("billing-worker"), "It polls `order`, not `orders`");
    assertEquals(detail("codec"), "codec exited 10 times within 5 minutes, with code 127: node was not found");
    assertEquals(detail("orders-worker"), "");
    assertStringIncludes(lines.join("\n"), "  Task queue orders: workflow 2 s ago, activity 1 min 1 s ago\n");
  });

  it("says that a task queue is not polled", () => {
    const text = picture(viewWith({ processes: STACK }, "jj"), PLAIN);
    assertStringIncludes(text, "\n  Why        It polls `order`, not `orders`\n  Task queue orders: not polled\n");
  });

  it("shows the connection of an external Temporal, and only the keys that do something", () => {
    const external: Status["external"] = {
      serverVersion: "1.29.1",
      tls: true,
      clientCertificate: false,
      apiKey: true,
      from: { address: "--address" },
    };
    const paths = { home: "/home/ada/.stigmer", database: null, log: null };
    const status = { managed: false, temporal: null, supervisor: null, external, paths };
    const text = picture(viewWith(status), PLAIN);
    assertStringIncludes(text, "\n  TLS        yes, with API key\n");
    assertStringIncludes(text, "\n> temporal  running ");
    assert(text.endsWith("\n  q quit"), text);
  });

  it("shows no keys and no selection where stdin is no terminal", () => {
    const lines = renderView(viewWith({ processes: STACK }), { ...PLAIN, hasKeys: false });
    assert(!lines.some((line) => line.startsWith(">") || line.includes("quit")), lines.join("\n"));
  });

  it("shows a message above the keys, as a whole", () => {
    const view = viewWith({ processes: STACK }, "s");
    const lines = renderView(view, PLAIN).slice(-2);
    assertEquals(lines[0], "  `stigmer-local stop` stops Temporal");
    const text =
      "codec exited at once with code 127: sh: 1: node: not found. Install node, then `stigmer-local start codec`";
    const failed = renderView({ ...view, note: { text, isError: true } }, PLAIN).slice(-3, -1);
    assertEquals(failed.map((line) => line.trim()).join(" "), text);
  });

  it("cuts names, then leaves columns out, as the terminal gets narrower", () => {
    const processes = [sampleProcess("the-worker-of-the-orders-service", { taskQueues: [] })];
    const titlesAt = (columns: number) => {
      const lines = renderView(viewWith({ processes }), { ...PLAIN, columns });
      return lines.find((line) => line.startsWith("  NAME"))!.trim().split(/ {2,}/).slice(2);
    };
    assertEquals(titlesAt(80), ["PID", "UP", "RESTARTS", "MEMORY", "CPU"]);
    assertEquals(titlesAt(60), ["PID", "UP", "MEMORY", "CPU"]);
    assertEquals(titlesAt(40), ["PID", "UP"]);
    const row = renderView(viewWith({ processes }), { ...PLAIN, columns: 40 }).find((line) => line.includes("the-"));
    assertEquals(row, "  the-worker-o…  running    4720   3 min");
  });

  it("scrolls so that the selected process is seen", () => {
    const processes = Array.from({ length: 100 }, (_, at) => sampleProcess(`worker-${at}`));
    for (const steps of [0, 1, 50, 99, 100]) {
      const lines = renderView(viewWith({ processes }, "j".repeat(steps)), PLAIN);
      assertEquals(lines.length, 24);
      assertEquals(lines.filter((line) => line.startsWith("> ")).length, 1, String(steps));
      assert(lines.some((line) => / {2}\d+ to \d+ of 101$/.test(line)), lines.join("\n"));
    }
  });

  it("marks states by colour, and the selection by weight, only where colours are wanted", () => {
    const colours = renderView(viewWith({ processes: STACK }), { ...PLAIN, paint: paintFor(true) }).join("\n");
    for (const painted of ["\x1b[32mrunning\x1b", "\x1b[33munhealthy\x1b", "\x1b[31mfailed\x1b", "\x1b[1m> temporal"]) {
      assertStringIncludes(colours, painted);
    }
    // deno-lint-ignore no-control-regex -- colours
    const plain = colours.replace(/\x1b\[\d+m/g, "");
    assertEquals(plain, renderView(viewWith({ processes: STACK }), PLAIN).join("\n"));
  });

  it("never has more lines or characters than the terminal, whatever is in it", () => {
    const text = fc.string({ maxLength: 60 });
    const state = fc.constantFrom<ProcessStatus["state"]>("running", "backoff", "failed", "stopped", "unsupervised");
    const process = fc.record({ name: fc.stringMatching(/^[a-z-]{1,60}$/), state, detail: fc.option(text), log: text })
      .map((each) => sampleProcess(each.name, each));
    const terminal = { columns: fc.integer({ min: 20, max: 250 }), rows: fc.integer({ min: 1, max: 60 }) };
    const keys = fc.stringMatching(/^[jkrsl]{0,8}$/);
    fc.assert(fc.property(fc.array(process, { maxLength: 30 }), fc.record(terminal), keys, (processes, size, typed) => {
      const names = new Set<string>();
      const distinct = processes.filter(({ name }) => !names.has(name) && names.add(name));
      const lines = renderView(viewWith({ processes: distinct }, typed), { ...PLAIN, ...size });
      assert(lines.length <= size.rows, `${lines.length} lines`);
      const table = lines.filter((line) => /^(> | {2}NAME)/.test(line));
      assertEquals(table.filter((line) => line.length > Math.max(size.columns, 24)), []);
      assert(lines.at(-1)!.length <= size.columns, `the last line, of ${lines.at(-1)!.length} characters`);
      assert(![...lines.join("")].some((character) => character < " "), "a control character");
    }));
  });
});

describe("the log in the live view", () => {
  const canvas: Canvas = { ...PLAIN, columns: 40, rows: 6 };
  const shown = (lines: string[], paint = PLAIN.paint) =>
    renderView(withLines(viewWith({ processes: STACK }, "jl"), lines), { ...canvas, paint });

  it("is the end of it, in lines broken where the terminal ends, above its path", () => {
    assertEquals(shown(["one", "two"]), ["one", "two", "", "", "", "/home/ada/.stigmer/log…  any key returns"]);
    const many = shown(["a", "b", "c".repeat(50), "d", "", "e"]);
    assertEquals(many.slice(0, 5), ["c".repeat(40), "c".repeat(10), "d", "", "e"]);
  });

  it("has the colour of a line's level in each of its parts, and no other sequences", () => {
    const line = `time=2026-11-29T12:00:00 level=ERROR msg="\x1b[2J\x1b[31m\tall of it" ${"x".repeat(20)}`;
    const [first, second] = shown([line], paintFor(true));
    assertEquals(first, "\x1b[31mtime=2026-11-29T12:00:00 level=ERROR msg\x1b[39m");
    assertEquals(second, `\x1b[31m="    all of it" ${"x".repeat(20)}\x1b[39m`);
  });
});

describe("the last picture", () => {
  it("is the whole table, without keys, selection and message", () => {
    const processes = Array.from({ length: 40 }, (_, at) => sampleProcess(`worker-${at}`));
    const lines = renderLast(viewWith({ processes }, "js"), PLAIN);
    assertEquals(lines.filter((line) => /^ {2}(temporal|worker-)/.test(line)).length, 41);
    assert(!lines.some((line) => line.startsWith(">") || /quit|Stopping/.test(line)), lines.join("\n"));
    assertEquals(lines[0], "● Temporal is running, healthy");
  });
});
