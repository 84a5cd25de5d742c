import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { ignoredValues } from "../../../lib/temporal/launch/ignored_values.ts";

const TEXT =
  `time=2026-11-29T18:51:42.481 level=WARN msg="Failed to convert value, using default" key=limit.maxIDLength ` +
  `ignored-value="&{Constraints:{Namespace: Destination:} Value:[map[constraints:map[] value:255]]}" ` +
  `error="value type is not int"`;
const JSON_LINE =
  `{"time":"2026-11-29T18:51:48.3Z","level":"WARN","msg":"Failed to convert value, using default","key":"frontend.rps",` +
  `"ignored-value":{"Value":"x"},"error":"value type is not int"}`;

describe("ignoredValues()", () => {
  it("names each key once, with Temporal's reason, from a log of either format", () => {
    const log = [`CLI 1.5.1 (Server 1.29.1)`, TEXT, TEXT, JSON_LINE, `level=WARN msg="Failed to poll for task." key=x`];
    assertEquals(ignoredValues(log.join("\n"), []), [
      "Temporal ignores the dynamic config value of limit.maxIDLength: value type is not int",
      "Temporal ignores the dynamic config value of frontend.rps: value type is not int",
    ]);
    assertEquals(ignoredValues("", []), []);
  });

  it("names the key as it was given, although newer versions log it in lower case", () => {
    assertEquals(ignoredValues(TEXT.replace("maxIDLength", "maxidlength"), ["limit.maxIDLength=[1]", "a.b=2"]), [
      "Temporal ignores the dynamic config value of limit.maxIDLength: value type is not int",
    ]);
  });
});
