import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { isProcessSettings, readLaunchedProcess } from "../../lib/config/processes.ts";
import { processSettings } from "../stack/support.ts";

describe("isProcessSettings()", () => {
  it("takes what a project file declares", () => {
    for (
      const changes of [
        {},
        { command: "npm run worker" },
        { readyWhen: { kind: "task-queues", taskQueues: ["orders"] }, restartWhenSilentMs: 1000 },
        { readyWhen: { kind: "port", port: 8888 } },
        { readyWhen: { kind: "http", url: "http://127.0.0.1:1/" }, namespace: "orders", watch: ["/shop/src"] },
      ] as const
    ) assert(isProcessSettings(processSettings(changes)), JSON.stringify(changes));
  });

  it("refuses everything else, such as names that lead to other files", () => {
    const bad: Record<string, unknown[]> = {
      name: ["", "../worker", "a/b", "a\0", ".hidden", "x".repeat(65), 1, null],
      command: ["", [], [1], null, {}].slice(1),
      project: [1, null],
      directory: ["relative", "", 1],
      environment: [{ A: 1 }, [], null],
      namespace: [1, undefined],
      readyWhen: [{}, { kind: "nonesuch" }, { kind: "port" }, { kind: "port", port: "1" }, { kind: "http" }, null],
      dependsOn: ["worker", [1], null],
      watch: [{}, [null]],
      stopTimeoutMs: [-1, NaN, Infinity, "1", null],
      restartWhenSilentMs: [-1, "1", undefined],
    };
    for (const [key, values] of Object.entries(bad)) {
      for (const value of values) {
        assertEquals(
          isProcessSettings({ ...processSettings(), [key]: value }),
          false,
          `${key}: ${JSON.stringify(value)}`,
        );
      }
    }
    for (const value of [null, undefined, [], "worker", 1]) assertEquals(isProcessSettings(value), false);
  });
});

describe("readLaunchedProcess()", () => {
  it("reads settings with an environment, and nothing else", () => {
    const launched = { settings: processSettings(), environment: { TEMPORAL_ADDRESS: "127.0.0.1:7233" } };
    assertEquals(readLaunchedProcess(JSON.parse(JSON.stringify(launched))), launched);
    for (const value of [null, {}, { ...launched, environment: { A: 1 } }, { ...launched, settings: {} }]) {
      assertEquals(readLaunchedProcess(value), null);
    }
  });
});
