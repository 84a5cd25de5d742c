import { test } from "node:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parsePs, parsePsPairs } from "../../../lib/platform/processes/parse_ps.ts";

/** `LC_TIME=C ps -axww -o pid=,pgid=,stat=,lstart=,command=` on macOS. */
const PS = `    1     1 Ss   Sun Nov  1 09:15:02 2026     /sbin/launchd
  501   501 S    Mon Nov 23 06:05:12 2026     /Users/ada/My Tools/temporal server start-dev --db-filename /Users/ada/a b.db
  502   501 Z    Mon Nov 23 06:05:13 2026     (temporal)
  503   501 U+   Mon Nov 23 06:05:13 2026     dd
  504   504 T    Mon Nov 23 06:05:14 2026
`;

test("parsePs() reads macOS' ps, with spaces in paths and arguments", () => {
  const lines = parsePs(PS);
  assertEquals(lines.map(({ pid, pgid, state }) => [pid, pgid, state]), [
    [1, 1, "S"],
    [501, 501, "S"],
    [502, 501, "Z"],
    [503, 501, "D"],
    [504, 504, "T"],
  ]);
  assertEquals(lines[0]?.startTime, "Sun Nov 1 09:15:02 2026");
  assertEquals(lines[1]?.command, "/Users/ada/My Tools/temporal server start-dev --db-filename /Users/ada/a b.db");
  assertEquals(lines[4]?.command, "");
});

test("parsePs() leaves out what another locale, or another ps, wrote", () => {
  assertEquals(parsePs("  501   501 S    Mo 23 Nov 06:05:12 2026     sleep 600\n  PID TTY TIME CMD\n\n"), []);
  fc.assert(fc.property(fc.string(), (text) => {
    parsePs(text);
    parsePsPairs(text);
  }));
});

test("parsePsPairs() pairs each pid with the rest of its line", () => {
  assertEquals([...parsePsPairs("    1 /sbin/launchd\n  501 /Users/ada/My Tools/temporal\nPID COMM\n")], [
    [1, "/sbin/launchd"],
    [501, "/Users/ada/My Tools/temporal"],
  ]);
});
