import { describe, it } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { effectiveSettings } from "../../../lib/cli/effective_settings.ts";
import { type Invocation, parseCommandLine } from "../../../lib/cli/invocation.ts";
import { readConfigFile } from "../../../lib/config/file/config_file.ts";
import { type ConfigNode, isConfigNode, plainValue } from "../../../lib/config/file/config_node.ts";
import { CONFIG_FLAGS } from "../../../lib/config/flags/instance_flags.ts";
import { LocalError } from "../../../lib/errors/local_error.ts";

const PATH = "/home/me/.stigmer/config.yaml";

/** `value` as a file would have it whose every key is on a line of its own. */
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
  it("asks for settings as flags do", () => {
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
      dynamic_config: { "frontend.x": true, limit: 5, name: "a", list: [{ value: 1 }] },
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
      dynamicConfig: ["frontend.x=true", "limit=5", 'name="a"', 'list=[{"value":1}]'],
      extraArgs: ["--sqlite-pragma", "journal_mode=wal"],
    });
    assertEquals([temporalVersion, managed], ["1.4.1", false]);
    assertEquals(policy, { maxRestarts: 3, healthIntervalS: 0.5, launchTimeoutS: 120, logMaxSizeBytes: 2 ** 20 });
    assertEquals(options.get("address")?.value, "temporal.example:7233");
  });

  it("gives way to the environment, and that to flags", () => {
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

  it("may write lists as one text or as pairs, and one namespace by its own name", () => {
    const one = { namespace: "orders", search_attributes: ["Color=Text"], dynamic_config: "x=1" };
    assertEquals(parse("start", one).requested, {
      namespaces: ["orders"],
      searchAttributes: ["Color=Text"],
      dynamicConfig: ["x=1"],
    });
    assertEquals(
      refusal({ namespace: "a", namespaces: ["b"] }).message,
      `${PATH}:2: \`namespaces\` and \`namespace\` are the same`,
    );
  });

  it("says nothing with a key that has no value", () => {
    assertEquals(parse("start", { port: null, address: "", restart: null, namespaces: null }).requested, {});
    assertEquals(parse("start", null).requested, {});
  });

  it("has the line, the key and what was expected of each fault", () => {
    const cases: [unknown, string][] = [
      [{ ip: "::1", port: "abc" }, "2: port takes a port from 1 to 65535, or auto: `abc` was given"],
      [{ port: [1] }, "1: port takes a port from 1 to 65535: `[1]` was given"],
      [{ headless: "maybe" }, '1: headless takes true or false: `"maybe"` was given'],
      [{ headless: 1.5 }, "1: headless takes true or false: `1.5` was given"],
      [{ ip: { a: 1 } }, '1: ip takes a text: `{"a":1}` was given'],
      [{ namespaces: { a: 1 } }, '1: namespaces takes a list of texts: `{"a":1}` was given'],
      [{ log_level: "loud" }, "1: log_level takes debug, info, warn, error, never: `loud` was given"],
      [
        { search_attributes: { A: "Number" } },
        "1: search_attributes takes Text, Keyword, Int, Double, Bool, Datetime, KeywordList: `Number` was given",
      ],
      [{ search_attributes: { A: null } }, '1: search_attributes takes keys and values: `{"A":null}` was given'],
      [
        { dynamic_config: ["x=y"] },
        '1: dynamic_config takes KEY=JSON, where a text is written in quotes: x="some text": `x=y` was given',
      ],
      [{ restart: { max: -1 } }, "2: restart.max takes a whole number from 0: `-1` was given"],
      [{ health: { interval: "fast" } }, "2: health.interval takes a time such as 90s or 5m: `fast` was given"],
      [{ health: { failures: 0 } }, "2: health.failures takes a whole number from 0, at least 1: `0` was given"],
      [{ health: { timeout: 2 } }, "2: health.timeout is longer than the time between two checks"],
      [{ log: { max_size: "10 apples" } }, "2: log.max_size takes a size such as 10MB: `10 apples` was given"],
      [{ version: "latest" }, "1: version takes a version such as 1.5.1: `latest` was given"],
      [[1], "0: backend.local.temporal takes keys and values, such as `temporal_bin: …`"],
      [{ restart: 5 }, "1: backend.local.temporal.restart takes keys and values, such as `max: …`"],
    ];
    for (const [section, message] of cases) assertEquals(refusal(section).message, `${PATH}:${message}`);
    assertEquals(refusal({ port: "abc" }).facts, { path: PATH, line: 1, key: "port", value: "abc" });
  });

  it("offers the key that was meant", () => {
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

  it("is not looked at where a flag says otherwise", () => {
    assertEquals(parse("start --port 7300", { port: "abc" }).requested.port, 7300);
  });

  it("can't hide from this tool what it has to know", () => {
    assertEquals(
      refusal({ extra_args: ["--port", "1"] }).message,
      `${PATH}:1: extra_args has \`--port\`, where this tool does not see it`,
    );
    assertEquals(
      refusal({ port: 7300, ui_port: 7300 }).message,
      `${PATH}:1: port and ${PATH}:2: ui_port are both 7300`,
    );
    assertEquals(refusal({ temporal_bin: "/a", version: "1.4.1" }).hint, "Give one of them");
    assertEquals(parse("start --version 1.4.1", { temporal_bin: "/a" }).temporalBin, null);
    assertEquals(parse("start", { version: "1.4.1" }, { STIGMER_TEMPORAL_BIN: "/a" }).temporalBin, "/a");
  });
});

describe("effectiveSettings()", () => {
  it("tells every key, its value and where it comes from", () => {
    const settings = effectiveSettings(parse("config --headless", { port: 7300 }, { STIGMER_IP: "127.0.0.2" }), {
      port: 20_001,
      uiPort: 21_001,
    }, null);
    assertEquals(settings.map(({ key }) => key), CONFIG_FLAGS.map(({ key }) => key!));
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

  it("tells the version that install chose, and who says that Temporal is not ours", () => {
    const find = (name: string, line: string, section = {}, env = {}) => {
      const settings = effectiveSettings(parse(line, section, env), { port: 1, uiPort: 2 }, "1.4.1");
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
  it("knows what was written as one, and takes nothing else for it", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      const node = nodeOf(value);
      assertEquals(isConfigNode(JSON.parse(JSON.stringify(node))), true);
      assertEquals(JSON.stringify(plainValue(node)), JSON.stringify(value));
      assertEquals(isConfigNode(value), false);
      assertEquals(isConfigNode({ line: 1, items: [value] }), false);
    }));
  });
});
