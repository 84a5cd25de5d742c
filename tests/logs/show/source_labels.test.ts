import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { SourceLabels } from "../../../lib/logs/show/source_labels.ts";
import { paintFor } from "../../../lib/text/paint.ts";

describe("SourceLabels", () => {
  it("colours a name alike in every process, whichever other names there are", () => {
    const known = new SourceLabels(paintFor(true), ["temporal", "api", "orders-worker"]);
    const met = new SourceLabels(paintFor(true));
    const names = ["orders-worker", "api", "temporal"];
    const labels = names.map((name) => met.label(name).replace(/ +\|/, ""));
    assertEquals(names.map((name) => known.label(name).replace(/ +\|/, "")), labels);
    assertEquals(labels, ["\x1b[35morders-worker\x1b[39m ", "\x1b[92mapi\x1b[39m ", "\x1b[32mtemporal\x1b[39m "]);
  });
});
