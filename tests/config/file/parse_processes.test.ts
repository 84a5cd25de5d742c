import { describe, it } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { readConfigFile } from "../../../lib/config/file/config_file.ts";
import { parseProcesses } from "../../../lib/config/file/parse_processes.ts";
import { readYaml } from "../../../lib/config/file/read_yaml.ts";
import type { ProcessSettings } from "../../../lib/config/processes.ts";
import { LocalError } from "../../../lib/errors/local_error.ts";
import { absolutePath } from "../../../lib/instance/paths.ts";
import { processSettings } from "../../stack/support.ts";

const PATH = "/shop/stigmer-local.yaml";

/** The processes of a project file with `lines`, the first of which is the second line of the file. */
async function parse(lines: string): Promise<ProcessSettings[]> {
  const section = await readYaml(`processes:\n${lines}`, PATH, []);
  const value = readConfigFile(PATH, section, "project").values.get("processes")!;
  return parseProcesses(PATH, value, (path) => absolutePath(path, "/shop"));
}

async function refusal(lines: string): Promise<{ message: string; hint: string | undefined; facts: unknown }> {
  let failure: unknown = null;
  try {
    await parse(lines);
  } catch (error) {
    failure = error;
  }
  const error = assertThrows(() => {
    if (failure !== null) throw failure;
  }, LocalError);
  assertEquals([error.code, error.exitCode], ["usage", 2], lines);
  return { message: error.message, hint: error.hint, facts: error.facts };
}

/** A process that says no more than its command, with `changes`. */
const declared = (changes: Partial<ProcessSettings>) => processSettings({ directory: "/shop", ...changes });

describe("parseProcesses()", () => {
  it("reads every key, and paths relative to the project file", async () => {
    const processes = await parse(`
  orders-worker:
    command: npm run worker
    task_queue: orders
    watch: [src, ../shared, /etc/app]
    restart_when_silent: 5m
  codec:
    command: [node, codec.mjs, "", 8888]
    port: 8888
  health:
    command: ./serve
    http: http://127.0.0.1:8888/healthz
    namespace: billing
  api.v2:
    command: |
      set -e
      go run ./cmd/api
    task_queue: [orders, refunds]
    depends_on: [orders-worker, codec]
    directory: services/api
    environment: { LOG_LEVEL: debug, PORT: 8080, EMPTY: "", FAST: true }
    stop_timeout: 30s
`);
    assertEquals(processes, [
      declared({
        name: "orders-worker",
        command: "npm run worker",
        readyWhen: { kind: "task-queues", taskQueues: ["orders"] },
        watch: ["/shop/src", "/shared", "/etc/app"],
        restartWhenSilentMs: 300_000,
      }),
      declared({
        name: "codec",
        command: ["node", "codec.mjs", "", "8888"],
        readyWhen: { kind: "port", port: 8888 },
      }),
      declared({
        name: "health",
        command: "./serve",
        readyWhen: { kind: "http", url: "http://127.0.0.1:8888/healthz" },
        namespace: "billing",
      }),
      declared({
        name: "api.v2",
        command: "set -e\ngo run ./cmd/api\n",
        readyWhen: { kind: "task-queues", taskQueues: ["orders", "refunds"] },
        dependsOn: ["orders-worker", "codec"],
        directory: "/shop/services/api",
        environment: { LOG_LEVEL: "debug", PORT: "8080", EMPTY: "", FAST: "true" },
        stopTimeoutMs: 30_000,
      }),
    ]);
  });

  it("takes a name for a list of one, and keys without a value for missing ones", async () => {
    const [first, second] = await parse(`
  a: { command: x, port: , task_queue: , watch: , environment: }
  b: { command: x, depends_on: a, watch: src }
`);
    assertEquals(first, declared({ name: "a", command: "x" }));
    assertEquals([second!.dependsOn, second!.watch], [["a"], ["/shop/src"]]);
  });

  it("names the line, the key and the expected value of each fault", async () => {
    const cases: [lines: string, message: string][] = [
      ["  - a", "1: Expected names with a command each in `processes`"],
      ["  a: npm start", "2: Expected keys and values in `processes.a`, such as `command: …`"],
      ["  a:\n    port: 1", "2: `processes.a` has no `command`"],
      ["  a:\n    command:", "2: `processes.a` has no `command`"],
      [
        "  a:\n    command: []",
        "3: Invalid value `[]` for `processes.a.command`: expected a string, or a list of strings",
      ],
      [
        "  a:\n    command: { x: 1 }",
        '3: Invalid value `{"x":1}` for `processes.a.command`: expected a string, or a list of strings',
      ],
      [
        "  a:\n    command: x\n    port: 0",
        "4: Invalid value `0` for `processes.a.port`: expected a port from 1 to 65535",
      ],
      [
        "  a:\n    command: x\n    port: auto",
        "4: Invalid value `auto` for `processes.a.port`: expected a port from 1 to 65535",
      ],
      [
        "  a:\n    command: x\n    http: localhost:80",
        "4: Invalid value `localhost:80` for `processes.a.http`: expected a URL such as http://127.0.0.1:8888/healthz",
      ],
      [
        "  a:\n    command: x\n    stop_timeout: soon",
        "4: Invalid value `soon` for `processes.a.stop_timeout`: expected a duration such as 90s or 5m",
      ],
      [
        "  a:\n    command: x\n    task_queue: { a: 1 }",
        '4: Invalid value `{"a":1}` for `processes.a.task_queue`: expected a list of strings',
      ],
      [
        "  a:\n    command: x\n    environment: [A=1]",
        '4: Invalid value `["A=1"]` for `processes.a.environment`: expected names and values, such as `LOG_LEVEL: debug`',
      ],
      [
        "  a:\n    command: x\n    environment:\n      OK: 1\n      BAD:",
        '6: Invalid value `null` for `processes.a.environment.BAD`: expected a string, "" for an empty one',
      ],
      [
        "  a:\n    command: x\n    port: 1\n    task_queue: q",
        "5: `processes.a` has `port` and `task_queue`, and can have only one of them",
      ],
      [
        "  a:\n    command: x\n    restart_when_silent: 1m",
        "4: `processes.a.restart_when_silent` requires `task_queue`",
      ],
      ["  no/slash: { command: x }", "2: Invalid name `no/slash` of a process"],
      ["  -x: { command: x }", "2: Invalid name `-x` of a process"],
      ["  ..: { command: x }", "2: Invalid name `..` of a process"],
      ["  Temporal: { command: x }", "2: A process cannot be called `Temporal`"],
      ["  all: { command: x }", "2: A process cannot be called `all`"],
      [
        "  api: { command: x }\n  API: { command: x }",
        "3: `API` and `api` differ only in case, and would share one log",
      ],
      ["  a: { command: x }\n  a: { command: y }", "3:3: Invalid YAML: Map keys must be unique"],
    ];
    for (const [lines, message] of cases) assertEquals((await refusal(lines)).message, `${PATH}:${message}`);
  });

  it("suggests the nearest key", async () => {
    assertEquals(await refusal("  a:\n    command: x\n    task-queue: q"), {
      message: `${PATH}:4: Unknown key \`task-queue\` in processes.a`,
      hint: "Did you mean `task_queue`?",
      facts: { path: PATH, line: 4, key: "task-queue", suggestion: "task_queue" },
    });
    const { hint } = await refusal("  a:\n    command: x\n    zzzzzz: q");
    assertEquals(hint?.startsWith("Known keys: command, task_queue, port, http, depends_on, "), true);
  });

  it("refuses dependencies that name no process, or lead in a circle, with their line", async () => {
    const file = `
  worker: { command: x }
  api:
    command: x
    depends_on:
      - worker
      - wroker
`;
    assertEquals(await refusal(file), {
      message: `${PATH}:8: \`processes.api.depends_on\` names \`wroker\`, which is no process`,
      hint: "Did you mean `worker`?",
      facts: { path: PATH, line: 8, key: "processes.api.depends_on", suggestion: "worker" },
    });
    assertEquals(
      (await refusal("  a: { command: x, depends_on: a }")).message,
      `${PATH}:2: \`processes.a.depends_on\` leads back to itself: a → a`,
    );
    const circle = `
  start: { command: x, depends_on: a }
  a: { command: x, depends_on: [b] }
  b: { command: x, depends_on: [c] }
  c: { command: x, depends_on: [a] }
`;
    assertEquals(
      (await refusal(circle)).message,
      `${PATH}:4: \`processes.a.depends_on\` leads back to itself: a → b → c → a`,
    );
  });

  it("accepts any dependencies on earlier processes, which are never a circle", async () => {
    const graph = fc.array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 8 });
    await fc.assert(fc.asyncProperty(graph, async (needs) => {
      const lines = needs.map((each, index) => {
        const names = index === 0 ? [] : each.map((number) => `p${number % index}`);
        return `  p${index}: { command: x, depends_on: [${names.join(", ")}] }`;
      });
      const processes = await parse(lines.reverse().join("\n"));
      assertEquals(processes.length, needs.length);
    }));
  });
});
