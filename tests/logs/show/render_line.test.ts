import { describe, it } from "node:test";
import { assertEquals, assertNotEquals } from "@std/assert";
import { lineRenderer } from "../../../lib/logs/show/render_line.ts";
import { paintFor } from "../../../lib/text/paint.ts";

const line = (source: string, text: string) => ({ source, text, atMs: 0 });
// deno-lint-ignore no-control-regex -- what it looks for
const colourOf = (text: string) => /^\x1b\[(\d+)m/.exec(text)?.[1];

describe("lineRenderer()", () => {
  it("prints lines as they are while all are Temporal's, then with labels of one width", () => {
    const render = lineRenderer(paintFor(false), ["temporal"]);
    assertEquals(render(line("temporal", "one")), "one");
    assertEquals(render(line("a-longer-worker", "two")), "a-longer-worker | two");
    assertEquals(render(line("temporal", "three")), "temporal        | three");
    const both = lineRenderer(paintFor(false), ["temporal", "api"]);
    assertEquals(both(line("temporal", "one")), "temporal   | one");
    assertEquals(lineRenderer(paintFor(false), null)(line("api", "one")), "one");
  });

  it("gives each name a colour of its own, always the same, and a line the colour of its level", () => {
    const names = ["temporal", "api", "orders-worker", "codec", "billing", "web", "db", "mail"];
    const render = lineRenderer(paintFor(true), names);
    const colours = names.map((name) => colourOf(render(line(name, "x"))));
    assertEquals(new Set(colours).size, names.length);
    for (const red of ["31", "33", undefined]) assertEquals(colours.includes(red), false);
    assertEquals(names.map((name) => colourOf(lineRenderer(paintFor(true), names)(line(name, "x")))), colours);
    assertEquals(
      render(line("api", "level=ERROR x")).split(" | ")[1] ?? "",
      render(line("api", "x")).split(" | ")[1] ?? "",
    );
    assertNotEquals(colourOf(render(line("another", "x"))), undefined);
  });
});
