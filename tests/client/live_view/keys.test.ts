import { describe, it } from "node:test";
import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { type Action, type Key, keysIn, press } from "../../../lib/client/live_view/keys.ts";
import { type View, viewOf, withStatus, withWork } from "../../../lib/client/live_view/view.ts";
import type { Status } from "../../../lib/instance/status/status.ts";
import { deadProcess, sampleProcess, sampleStatus } from "../../instance/status/sample.ts";

const STACK = [sampleProcess("codec"), deadProcess("worker"), deadProcess("api", { state: "failed" })];

function viewWith(more: Partial<Status> = {}): View {
  return viewOf(sampleStatus(more));
}

/** The view after some keys, and what the last one asked for. */
function pressed(view: View, typed: string): { view: View; action: Action | null } {
  let action: Action | null = null;
  for (const key of keysIn(typed)) ({ view, action } = press(view, key));
  return { view, action };
}

describe("keysIn()", () => {
  const CASES: [typed: string, keys: Key[]][] = [
    ["jk", ["down", "up"]],
    ["\x1b[A\x1b[B", ["up", "down"]],
    ["\x1bOA\x1bOB", ["up", "down"]],
    ["rslq", ["restart", "stop", "log", "quit"]],
    ["\x03\x1a", ["interrupt", "suspend"]],
    ["", []],
    ["\x1b", ["other"]],
    ["x\r ü🙂", ["other", "other", "other", "other", "other"]],
  ];
  for (const [typed, keys] of CASES) {
    it(`reads ${JSON.stringify(typed)}`, () => assertEquals(keysIn(typed), keys));
  }

  it("reads a key that it does not know as one, whatever letters its sequence ends with", () => {
    for (const typed of ["\x1b[15~", "\x1b[1;5q", "\x1bOq", "\x1b[Z"]) assertEquals(keysIn(typed), ["other"], typed);
  });

  it("never throws, and loses no letter after a sequence", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (typed) => void keysIn(typed)));
    assertEquals(keysIn("\x1b[Cq"), ["other", "quit"]);
  });
});

describe("the selection", () => {
  const view = viewWith({ processes: STACK });

  it("begins at Temporal, and stays within the table", () => {
    const select = (typed: string) => pressed(view, typed).view.selected;
    assertEquals([view.selected, select("k"), select("j")], [null, null, "codec"]);
    assertEquals([select("jj"), select("jjj"), select("jjjjjjj"), select("jjk")], ["worker", "api", "api", "codec"]);
  });

  it("stays on its process while others come and go, and returns to Temporal when that is gone", () => {
    const { view: onWorker } = pressed(view, "jj");
    const later = withStatus(onWorker, sampleStatus({ processes: STACK.slice(1) }), new Map());
    assertEquals(later.selected, "worker");
    assertEquals(withStatus(later, sampleStatus(), new Map()).selected, null);
  });

  it("can be moved and acted on, whatever is pressed", () => {
    const key = fc.constantFrom(..."jkrslqx\x03", "\x1b[A", "\x1b[B");
    fc.assert(fc.property(fc.array(key, { maxLength: 30 }), fc.integer({ min: 0, max: 3 }), (keys, count) => {
      let state = viewWith({ processes: STACK });
      for (const each of keys) state = pressed(state, each).view;
      state = withStatus(state, sampleStatus({ processes: STACK.slice(count) }), new Map());
      for (const each of keys) state = pressed(state, each).view;
      assertEquals(state.rows.filter(({ process }) => process === state.selected).length, 1);
    }));
  });
});

describe("r", () => {
  it("restarts the selected process, or Temporal, and says so", () => {
    const view = viewWith({ processes: STACK });
    for (const [typed, name] of [["r", "temporal"], ["jr", "codec"], ["jjr", "worker"], ["jjjr", "api"]] as const) {
      const { view: after, action } = pressed(view, typed);
      assertEquals([action?.kind, action !== null && "row" in action && action.row.name], ["restart", name]);
      assertEquals(after.note, { text: `Restarting ${name} …`, isError: false });
    }
  });

  it("asks once for each, until it is done", () => {
    const busy = withWork(pressed(viewWith({ processes: STACK }), "jr").view, "codec", "restart");
    const again = pressed(busy, "r");
    assertEquals([again.action, again.view.note?.text], [null, "The supervisor is still restarting codec"]);
    assertEquals(pressed(busy, "kr").action?.kind, "restart", "another one");
    assertEquals(pressed(withWork(busy, "codec", null), "r").action?.kind, "restart", "after it");
  });

  it("says what starts Temporal, or its supervisor, where none runs", () => {
    const stopped = pressed(viewWith({ state: "stopped", temporal: null, supervisor: null }), "r");
    assertEquals([stopped.action, stopped.view.note?.text], [null, "`stigmer-local start` starts Temporal"]);
    const orphaned = pressed(viewWith({ state: "unsupervised", supervisor: null, processes: STACK }), "jr");
    assertEquals(orphaned.action, null);
    assertMatch(orphaned.view.note!.text, /^No supervisor is running: `stigmer-local start` starts one/);
  });

  it("leaves an external Temporal alone", () => {
    for (const key of "rs") {
      const { view, action } = pressed(viewWith({ managed: false, supervisor: null, temporal: null }), key);
      assertEquals([action, view.note?.text], [null, "stigmer-local does not start or stop an external Temporal"]);
    }
  });
});

describe("s", () => {
  it("stops what runs, and starts what does not", () => {
    const view = viewWith({ processes: STACK });
    assertEquals(["j", "jj", "jjj"].map((keys) => pressed(view, `${keys}s`).action?.kind), ["stop", "start", "start"]);
    const backoff = viewWith({ processes: [deadProcess("codec", { state: "backoff" })] });
    assertEquals(pressed(backoff, "js").action?.kind, "stop", "it would be restarted");
    assertEquals(pressed(view, "jjs").view.note?.text, "Starting worker …");
  });

  it("does not stop Temporal, and says what does", () => {
    const { view, action } = pressed(viewWith(), "s");
    assertEquals([action, view.note], [null, { text: "`stigmer-local stop` stops Temporal", isError: false }]);
  });
});

describe("l", () => {
  it("shows the log of the selected one, until any key", () => {
    const { view, action } = pressed(viewWith({ processes: STACK }), "jl");
    assertEquals([action?.kind, view.followed?.row.log], ["follow", "/home/ada/.stigmer/logs/codec.log"]);
    for (const key of ["q", "x", "r", "\x1b[A", "\r"]) {
      const back = pressed(view, key);
      assertEquals([back.action, back.view.followed, back.view.selected], [{ kind: "return" }, null, "codec"], key);
    }
    assertEquals(pressed(view, "\x03").action, { kind: "quit" });
  });

  it("says that there is none", () => {
    const paths = { home: "/home/ada/.stigmer", database: null, log: null };
    const { view, action } = pressed(viewWith({ managed: false, paths }), "l");
    assertEquals([action, view.note?.text], [null, "The log of temporal is not on this machine"]);
  });
});

describe("q and Ctrl-C", () => {
  it("quit", () => {
    for (const key of ["q", "\x03"]) assertEquals(pressed(viewWith(), key).action, { kind: "quit" });
  });
});

describe("Ctrl-Z", () => {
  it("suspends, and changes nothing", () => {
    for (const typed of ["", "l"]) {
      const { view } = pressed(viewWith(), typed);
      assertEquals(pressed(view, "\x1a"), { view, action: { kind: "suspend" } });
    }
  });
});

describe("a message", () => {
  it("goes with the next key that does something", () => {
    const { view } = pressed(viewWith({ processes: STACK }), "s");
    assertEquals(pressed(view, "x").view.note, view.note);
    assertEquals(pressed(view, "j").view.note, null);
  });
});
