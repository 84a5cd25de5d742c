import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import type { ListedInstance } from "../../../lib/client/instances/find_instances.ts";
import { renderInstances } from "../../../lib/client/instances/render_instances.ts";
import { paintFor } from "../../../lib/text/paint.ts";

const NOW = Date.UTC(2026, 10, 29, 12);
const RUNNING: ListedInstance = {
  ...{ home: "/home/ada/.stigmer", project: null, state: "running", healthy: true },
  ...{ address: "127.0.0.1:7233", uiUrl: null, namespace: "default", memoryBytes: 142_000_000 },
  temporal: { pid: 24109, version: "1.5.1", startedAt: new Date(NOW - 3 * 86_400_000 - 5).toISOString() },
  supervisor: { pid: 23883, runtime: "node", startedAt: new Date(NOW).toISOString() },
};
const STOPPED: ListedInstance = {
  ...{ home: "/home/ada/work/orders/.stigmer", project: null, state: "stopped", healthy: false },
  ...{ address: null, uiUrl: null, namespace: null, memoryBytes: null, temporal: null, supervisor: null },
};

function lines(instances: ListedInstance[], columns = Infinity): string[] {
  const surroundings = { nowMs: NOW, userHome: "/home/ada", paint: paintFor(false), columns };
  return renderInstances(instances, surroundings).split("\n").slice(0, -1);
}

describe("renderInstances()", () => {
  it("prints a line an instance, its home last", () => {
    assertEquals(lines([RUNNING, STOPPED]), [
      "STATE    ADDRESS         PID    SUPERVISOR  UP   VERSION  MEMORY  HOME",
      "running  127.0.0.1:7233  24109  23883       3 d  1.5.1    142 MB  ~/.stigmer",
      "stopped  -               -      -           -    -        -       ~/work/orders/.stigmer",
    ]);
  });

  it("prints the project beside the home, if one has a project", () => {
    const [title, first, second] = lines([{ ...STOPPED, project: "/home/ada/work/orders" }, RUNNING]);
    assert(title!.endsWith("HOME                    PROJECT"));
    assert(first!.endsWith("~/work/orders/.stigmer  ~/work/orders"));
    assert(second!.endsWith("~/.stigmer"));
  });

  it("fits 80 columns: where it would not, all homes are on lines of their own", () => {
    const wide = { ...RUNNING, state: "unsupervised" as const, temporal: { ...RUNNING.temporal!, pid: 4_194_304 } };
    const seen = lines([{ ...wide, address: "127.0.0.1:65535" }, STOPPED], 80);
    assertEquals(seen.length, 6);
    assertEquals(seen[3], "  ~/.stigmer");
    for (const line of seen) assert(line.length <= 80, line);
  });

  it("names a supervisor that does not respond, and prints no escape sequences of a path", () => {
    const hung = { ...RUNNING, healthy: false, supervisor: null, home: "/tmp/\x1b[31m\nred" };
    const [, line] = lines([hung]);
    assert(line!.startsWith("unresponsive  127.0.0.1:7233  24109  hangs"));
    assert(line!.endsWith("/tmp/ [31m red"));
  });
});
