import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { wrap, wrapAfter } from "../../lib/text/wrap.ts";

describe("wrap()", () => {
  it("breaks at spaces only; a longer word has its own line", () => {
    assertEquals(wrap("one two three", 7), ["one two", "three"]);
    assertEquals(wrap("a /very/long/path b", 6), ["a", "/very/long/path", "b"]);
    assertEquals(wrap("aligned   text", 20), ["aligned   text"]);
    assertEquals(wrap("first\n\nlast", 20), ["first", "", "last"]);
  });

  it("keeps a command in backticks in one line, with what touches it", () => {
    const command = "`stigmer-local stop --home '/a b'`";
    assertEquals(wrap(`Stop it with ${command}, or not`, 30), ["Stop it with", `${command},`, "or not"]);
    assertEquals(wrap(`See (${command}) first`, 46), [`See (${command}) first`]);
  });

  it("keeps every word, and breaks none", () => {
    const text = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 }).map((words) => words.join(" "));
    fc.assert(fc.property(text, fc.integer({ min: 1, max: 40 }), (line, width) => {
      const lines = wrap(line, width);
      assertEquals(lines.join(" "), line);
      assert(lines.every((each) => each.length <= width || !each.includes(" ")));
    }));
  });
});

describe("wrapAfter()", () => {
  it("indents the lines after the first", () => {
    assertEquals(wrapAfter("hint: ", "one two three", 13), ["hint: one two", "      three"]);
  });
});
