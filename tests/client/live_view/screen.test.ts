import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { repaint, Screen } from "../../../lib/client/live_view/screen.ts";
import { fakeHost } from "../../fakes/host.ts";
import { FakeSystem } from "../../fakes/system.ts";

describe("repaint()", () => {
  it("writes the lines that have changed, each in its place", () => {
    assertEquals(repaint(["a", "b", "c"], ["a", "B", "c"]), "\x1b[2;1H\x1b[2KB");
    assertEquals(repaint(["a"], ["a", "b"]), "\x1b[2;1H\x1b[2Kb");
    assertEquals(repaint(["a", "b"], ["a"]), "\x1b[2;1H\x1b[2K");
    assertEquals(repaint(["a", "b"], ["a", "b"]), "");
  });
});

describe("a screen", () => {
  const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[H\x1b[2J";
  const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";

  /** A screen on a terminal that accepts a write when the test lets it. */
  function screenOf(first: string[]) {
    const shown = { picture: first };
    const written: string[] = [];
    const waiting: (() => void)[] = [];
    const write = (_: string, text: string) => {
      written.push(text);
      return new Promise<boolean>((resolve) => waiting.push(() => resolve(true)));
    };
    const settle = async () => {
      waiting.shift()?.();
      for (let turns = 0; turns < 10; turns++) await Promise.resolve();
    };
    const screen = new Screen({ ...fakeHost(new FakeSystem()), write }, () => shown.picture, () => {});
    return { screen, shown, written, settle };
  }

  it("draws once for all changes during a drawing, and nothing if nothing has changed", async () => {
    const { screen, shown, written, settle } = screenOf(["1"]);
    screen.draw();
    assertEquals(written, [], "before it has the terminal");
    void screen.enter();
    await settle();
    for (const text of ["2", "3", "4"]) {
      shown.picture = [text];
      screen.draw();
    }
    await settle();
    await settle();
    assertEquals(written, [ENTER, "\x1b[1;1H\x1b[2K1", "\x1b[1;1H\x1b[2K4"]);
    screen.draw();
    await settle();
    assertEquals(written.length, 3);
  });

  it("draws all of it after a change of size", async () => {
    const { screen, written, settle } = screenOf(["1", "2"]);
    void screen.enter();
    await settle();
    await settle();
    screen.drawAgain();
    await settle();
    assertEquals(written[2], "\x1b[2J\x1b[1;1H\x1b[2K1\x1b[2;1H\x1b[2K2");
  });

  it("waits for a drawing before it restores the terminal, and draws nothing until it has it again", async () => {
    const { screen, written, settle } = screenOf(["1"]);
    void screen.enter();
    await settle();
    screen.draw();
    const left = screen.leave("bye\n");
    await settle();
    await settle();
    await left;
    screen.draw();
    assertEquals(written.slice(2), [`${LEAVE}bye\n`]);
    void screen.enter();
    await settle();
    assertEquals(written.slice(3), [ENTER, "\x1b[1;1H\x1b[2K1"]);
  });

  it("tells that nothing can be drawn", async () => {
    const broken = new Error("EIO");
    for (
      const [outcome, told] of [[() => Promise.resolve(false), null], [() => Promise.reject(broken), broken]] as const
    ) {
      let writes = 0;
      const write = () => writes++ === 0 ? Promise.resolve(true) : outcome();
      let error: unknown = "nothing";
      const screen = new Screen({ ...fakeHost(new FakeSystem()), write }, () => ["1"], (seen) => error = seen);
      await screen.enter();
      await screen.leave("");
      assertEquals(error, told);
      assert(writes === 3, "it restores what it can");
    }
  });
});
