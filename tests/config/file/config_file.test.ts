import { describe, it } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { effectiveSettings } from "../../../lib/cli/effective_settings.ts";
import { type Invocation, invocationOf } from "../../../lib/cli/invocation.ts";
import { readCommandLine } from "../../../lib/cli/parse_args.ts";
import { readConfigFile } from "../../../lib/config/file/config_file.ts";
import { type ConfigNode, isConfigNode, plainValue } from "../../../lib/config/file/config_node.ts";
import { PROJECT_FLAGS } from "../../../lib/config/flags/instance_flags.ts";
import { completeSettings } from "../../../lib/config/settings.ts";
import { LocalError } from "../../../lib/errors/local_error.ts";
import { parseCommandLine } from "../../cli/parse_command_line.ts";

const PATH = "/home/me/.stigmer/config.yaml";

/** `value` as the node of a file with one key per line. */
function nodeOf(value: unknown, counter = { line: 0 }): ConfigNode {
  const line = counter.line;
  if (Array.isArray(value)) return { line, items: value.map((item) => nodeOf(item, counter)) };
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, item]) => {
      const line = ++counter.line;
      return { key, line, node: nodeOf(item, counter) };
    });
    return { line: entries[0]?.line ?? line, entries };
  }
  return { line, text: value === null ? "" : String(value), value: value as string };
}

function parse(line: string, section: unknown, env: Record<string, string> = {}): Invocation {
  const config = readConfigFile(PATH, nodeOf(section));
  return parseCommandLine(line.split(" "), { env: { HOME: "/home/me", ...env }, cwd: "/cwd" }, config);
}

function refusal(section: unknown, line = "start"): { message: string; hint: string | undefined; facts: unknown } {
  const error = assertThrows(() => parse(line, section), LocalError);
  assertEquals([error.code, error.exitCode], ["usage", 2]);
  return { message: error.message, hint: error.hint, facts: error.facts };
}

describe("config.yaml", () => {
  it("sets the same settings as flags", () => {
    const { requested, policy, temporalVersion, managed, options } = parse("start", {
      managed: false,
      address: "temporal.example:7233",
      version: "v1.4.1",
      port: 7300,
      ui_port: "8300",
      headless: true,
      ip: "127.0.0.2",
      db_filename: "data/t.db",
      namespaces: ["orders", 7],
      search_attributes: { Color: "keyword", Size: "Int" },
      dynamic_config: { "frontend.x": true, limit: 5, name: "a", list: [{ a: 1 }] },
      extra_args: ["--sqlite-pragma", "journal_mode=wal"],
      restart: { max: 3 },
      health: { interval: "500ms", launch_timeout: "2m" },
      log: { max_size: "1 MB" },
    });
    assertEquals(requested, {
      port: 7300,
      uiPort: 8300,
      headless: true,
      ip: "127.0.0.2",
      dbFilename: "/home/me/.stigmer/data/t.db",
      namespaces: ["orders", "7"],
      searchAttributes: ["Color=Keyword", "Size=Int"],
      dynamicConfig: ["frontend.x=true", "limit=5", 'name="a"', 'list=[{"a":1}]'],
      extraArgs: ["--sqlite-pragma", "journal_mode=wal"],
    });
    assertEquals([temporalVersion, managed], ["1.4.1", false]);
    assertEquals(policy, { maxRestarts: 3, healthIntervalS: 0.5, launchTimeoutS: 120, logMaxSizeBytes: 2 ** 20 });
    assertEquals(options.get("address")?.value, "temporal.example:7233");
  });

  it("is overridden by the environment, and that by flags", () => {
    const section = { port: 7300, namespaces: ["a"], ip: "127.0.0.3" };
    const { requested, options } = parse("start --port 7500", section, {
      STIGMER_PORT: "7400",
      STIGMER_NAMESPACE: "b",
    });
    assertEquals(requested, { port: 7500, namespaces: ["b"], ip: "127.0.0.3" });
    assertEquals(options.get("port")?.source, { kind: "flag", name: "--port" });
    assertEquals(options.get("namespace")?.source, { kind: "environment", name: "STIGMER_NAMESPACE" });
    assertEquals(options.get("ip")?.source, { kind: "file", path: PATH, line: 3, key: "ip" });
  });

  it("accepts a list as a string or a mapping, and `namespace` for a single one", () => {
    const one = { namespace: "orders", search_attributes: ["Color=Text"], dynamic_config: "x=1" };
    assertEquals(parse("start", one).requested, {
      namespaces: ["orders"],
      searchAttributes: ["Color=Text"],
      dynamicConfig: ["x=1"],
    });
    assertEquals(
      refusal({ namespace: "a", namespaces: ["b"] }).message,
      `${PATH}:2: \`namespaces\` and \`namespace\` are the same setting`,
    );
  });

  it("ignores keys without a value", () => {
    assertEquals(parse("start", { port: null, address: "", restart: null, namespaces: null }).requested, {});
    assertEquals(parse("start", null).requested, {});
  });

  it("names the line, the key and the expected value of each fault", () => {
    const cases: [unknown, string][] = [
      [{ ip: "::1", port: "abc" }, "2: Invalid value `abc` for `port`: expected a port from 1 to 65535, or auto"],
      [{ port: [1] }, "1: Invalid value `[1]` for `port`: expected a port from 1 to 65535"],
      [{ headless: "maybe" }, '1: Invalid value `"maybe"` for `headless`: expected true or false'],
      [{ headless: 1.5 }, "1: Invalid value `1.5` for `headless`: expected true or false"],
      [{ ip: { a: 1 } }, '1: Invalid value `{"a":1}` for `ip`: expected a string'],
      [{ namespaces: { a: 1 } }, '1: Invalid value `{"a":1}` for `namespaces`: expected a list of strings'],
      [
        { log_level: "loud" },
        "1: Invalid value `loud` for `log_level`: expected one of debug, info, warn, error, never",
      ],
      [
        { search_attributes: { A: "Number" } },
        "1: Invalid value `Number` for `search_attributes`: expected one of Text, Keyword, Int, Double, Bool, Datetime, KeywordList",
      ],
      [
        { search_attributes: { A: null } },
        '1: Invalid value `{"A":null}` for `search_attributes`: expected keys and values',
      ],
      [
        { dynamic_config: ["x=y"] },
        '1: Invalid value `x=y` for `dynamic_config`: expected KEY=JSON, with strings in quotes (x="some text")',
      ],
      [
        { dynamic_config: { a: 1, "limit.x": [{ value: 1 }, { value: 2 }] } },
        '3: Invalid value `[{"value":1},{"value":2}]` for `dynamic_config.limit.x`: expected one value without constraints, which is all that Temporal\'s dev server takes',
      ],
      [{ restart: { max: -1 } }, "2: Invalid value `-1` for `restart.max`: expected a non-negative integer"],
      [
        { health: { interval: "fast" } },
        "2: Invalid value `fast` for `health.interval`: expected a duration such as 90s or 5m",
      ],
      [
        { health: { failures: 0 } },
        "2: Invalid value `0` for `health.failures`: expected a non-negative integer, at least 1",
      ],
      [{ health: { timeout: 2 } }, "2: health.timeout is longer than the health check interval"],
      [
        { log: { max_size: "10 apples" } },
        "2: Invalid value `10 apples` for `log.max_size`: expected a size such as 10MB",
      ],
      [{ version: "latest" }, "1: Invalid value `latest` for `version`: expected a version such as 1.8.2"],
      [[1], "0: Expected keys and values in `backend.local.temporal`, such as `temporal_bin: …`"],
      [{ restart: 5 }, "1: Expected keys and values in `backend.local.temporal.restart`, such as `max: …`"],
    ];
    for (const [section, message] of cases) assertEquals(refusal(section).message, `${PATH}:${message}`);
    assertEquals(refusal({ port: "abc" }).facts, { path: PATH, line: 1, key: "port", value: "abc" });
  });

  it("suggests the nearest key", () => {
    assertEquals(refusal({ prot: 1 }), {
      message: `${PATH}:1: Unknown key \`prot\` in backend.local.temporal`,
      hint: "Did you mean `port`?",
      facts: { path: PATH, line: 1, key: "prot", suggestion: "port" },
    });
    assertEquals(refusal({ "ui-port": 1 }).hint, "Did you mean `ui_port`?");
    assertEquals(refusal({ restart: { maxx: 1 } }).hint, "Did you mean `max`?");
    assertEquals(
      refusal({ restart: { zzzzzz: 1 } }).message,
      `${PATH}:2: Unknown key \`zzzzzz\` in backend.local.temporal.restart`,
    );
  });

  it("is not checked where a flag overrides it", () => {
    assertEquals(parse("start --port 7300", { port: "abc" }).requested.port, 7300);
  });

  it("cannot pass settings to Temporal that this tool must know", () => {
    assertEquals(
      refusal({ extra_args: ["--port", "1"] }).message,
      `${PATH}:1: extra_args cannot contain \`--port\``,
    );
    assertEquals(
      refusal({ port: 7300, ui_port: 7300 }).message,
      `${PATH}:1: port and ${PATH}:2: ui_port are both 7300`,
    );
    assertEquals(refusal({ temporal_bin: "/a", version: "1.4.1" }).hint, "Use only one of them");
    assertEquals(parse("start --version 1.4.1", { temporal_bin: "/a" }).temporalBin, null);
    assertEquals(parse("start", { version: "1.4.1" }, { STIGMER_TEMPORAL_BIN: "/a" }).temporalBin, "/a");
  });
});

describe("a project file", () => {
  const FILE = "/shop/stigmer-local.yaml";
  const read = (value: unknown) => readConfigFile(FILE, nodeOf(value), "project");
  const refusal = (value: unknown) => {
    const { message, hint } = assertThrows(() => read(value), LocalError);
    return { message, hint };
  };

  it("has the same keys as config.yaml, flat, and those that only a project has", () => {
    const file = read({ port: 7300, health: { interval: "2s" }, home: "../h", processes: { a: { command: "x" } } });
    const surroundings = { env: { HOME: "/home/me" }, cwd: "/shop/src" };
    const { requested, policy, options } = parseCommandLine(["start"], surroundings, file);
    assertEquals([requested, policy], [{ port: 7300 }, { healthIntervalS: 2 }]);
    assertEquals(options.get("home")?.value, "/h");
    assertEquals(options.get("port")?.source, { kind: "file", path: FILE, line: 1, key: "port", isProject: true });
    assertEquals(file.values.get("processes")?.line, 5);
  });

  it("names the line and the nearest key of a fault, without a section", () => {
    assertEquals(refusal({ prot: 1 }), { message: `${FILE}:1: Unknown key \`prot\``, hint: "Did you mean \`port\`?" });
    assertEquals(refusal({ proceses: 1 }).hint, "Did you mean \`processes\`?");
    assertEquals(refusal({ health: { intervall: 1 } }).message, `${FILE}:2: Unknown key \`intervall\` in health`);
    assertEquals(refusal([1]).message, `${FILE}:0: Expected keys and values, such as \`temporal_bin: …\``);
  });

  it("is told apart from config.yaml, where keys are nested and processes have no place", () => {
    assertEquals(refusal({ backend: { local: { temporal: { port: 1 } } } }), {
      message: `${FILE}:1: Unknown key \`backend\``,
      hint: "The keys of a project file are not nested: move those of `backend.local.temporal` to the top",
    });
    const misplaced = assertThrows(() => readConfigFile(PATH, nodeOf({ processes: {} })), LocalError);
    assertEquals(misplaced.message, `${PATH}:1: \`processes\` belongs in a project file, stigmer-local.yaml`);
  });

  it("takes precedence over config.yaml, setting by setting", () => {
    const home = readConfigFile(PATH, nodeOf({ version: "1.4.1", port: 7301, managed: true }));
    const line = readCommandLine(["config"]);
    const surroundings = { env: { HOME: "/home/me" }, cwd: "/shop" };
    const of = (value: unknown) => invocationOf(line, surroundings, [read(value), home]);
    assertEquals(of({ ip: "127.0.0.2" }).requested, { port: 7301, ip: "127.0.0.2" });
    assertEquals(of({ port: 7302 }).requested, { port: 7302 });
    assertEquals([of({ temporal_bin: "b/t" }).temporalBin, of({}).temporalVersion], ["/shop/b/t", "1.4.1"]);
    assertEquals([of({ address: "t:1" }).managed, of({}).managed], [false, true]);
  });
});

describe("effectiveSettings()", () => {
  it("lists every key with its value and source", () => {
    const invocation = parse("config --headless", { port: 7300 }, { STIGMER_IP: "127.0.0.2" });
    const settings = effectiveSettings(invocation, completeSettings({ port: 7300 }, "/db"), null);
    assertEquals(settings.map(({ key }) => key), PROJECT_FLAGS.map(({ key }) => key!));
    const find = (name: string) => settings.find(({ key }) => key === name);
    assertEquals(find("port"), {
      key: "port",
      name: "port",
      value: 7300,
      text: "7300",
      source: { kind: "file", path: PATH, line: 1, key: "port" },
    });
    assertEquals(find("ui_port")?.value, 8300);
    assertEquals(find("ip")?.source, { kind: "environment", name: "STIGMER_IP" });
    assertEquals(find("headless")?.source, { kind: "flag", name: "--headless" });
    assertEquals(find("managed"), {
      key: "managed",
      name: "managed",
      value: true,
      text: "true",
      source: { kind: "default" },
    });
    assertEquals([find("restart.window")?.value, find("restart.window")?.text], [300, "5m"]);
    assertEquals(find("log.max_size")?.text, "10MB");
  });

  it("includes the version that install selected, and the source of an external Temporal", () => {
    const find = (name: string, line: string, section = {}, env = {}) => {
      const settings = effectiveSettings(parse(line, section, env), completeSettings({}, "/db"), "1.4.1");
      const { value, source } = settings.find(({ key }) => key === name)!;
      return [value, source.kind];
    };
    assertEquals(find("version", "config"), ["1.4.1", "installed"]);
    assertEquals(find("version", "config", { version: "1.4.2" }), ["1.4.2", "file"]);
    assertEquals(find("version", "config", {}, { STIGMER_TEMPORAL_BIN: "/a" }), [null, "default"]);
    assertEquals(find("managed", "config --address t:1"), [false, "flag"]);
    assertEquals(find("managed", "config", { managed: true }, { STIGMER_PROFILE: "cloud" }), [false, "environment"]);
    assertEquals(find("managed", "config", { managed: true, address: "t:1" }), [true, "file"]);
  });
});

describe("isConfigNode()", () => {
  it("accepts a serialized node, and nothing else", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      const node = nodeOf(value);
      assertEquals(isConfigNode(JSON.parse(JSON.stringify(node))), true);
      assertEquals(JSON.stringify(plainValue(node)), JSON.stringify(value));
      assertEquals(isConfigNode(value), false);
      assertEquals(isConfigNode({ line: 1, items: [value] }), false);
    }));
  });
});
