import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { readConfigFile } from "../../../lib/config/file/config_file.ts";
import { parseProcesses } from "../../../lib/config/file/parse_processes.ts";
import { readYaml } from "../../../lib/config/file/read_yaml.ts";
import { PROJECT_FLAGS } from "../../../lib/config/flags/instance_flags.ts";
import { PROCESS_KEYS } from "../../../lib/config/flags/process_keys.ts";
import { type JsonSchema, projectSchema } from "../../../lib/config/flags/project_schema.ts";
import { LocalError } from "../../../lib/errors/local_error.ts";
import { absolutePath } from "../../../lib/instance/paths.ts";
import { parseCommandLine } from "../../cli/parse_command_line.ts";

const SHIPPED = new URL("../../../schema/stigmer-local.schema.json", import.meta.url);
const PATH = "/shop/stigmer-local.yaml";

/** Whether `value` fits `schema`, of the keywords that ours uses; any other keyword fails. */
function fits(schema: unknown, value: unknown): boolean {
  return Object.entries(schema as JsonSchema).every(([keyword, wanted]) => {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    const entries = isObject ? Object.entries(value) : [];
    const has = (key: string) => entries.some(([each]) => each === key);
    switch (keyword) {
      case "$schema":
      case "title":
      case "description":
        return true;
      case "type":
        return [wanted].flat().some((type) => hasType(type as string, value));
      case "enum":
        return (wanted as unknown[]).includes(value);
      case "const":
        return value === wanted;
      case "minLength":
        return typeof value !== "string" || value.length >= Number(wanted);
      case "pattern":
        return typeof value !== "string" || new RegExp(wanted as string).test(value);
      case "minimum":
        return typeof value !== "number" || value >= Number(wanted);
      case "maximum":
        return typeof value !== "number" || value <= Number(wanted);
      case "minItems":
        return !Array.isArray(value) || value.length >= Number(wanted);
      case "items":
        return !Array.isArray(value) || value.every((item) => fits(wanted, item));
      case "anyOf":
        return (wanted as unknown[]).some((each) => fits(each, value));
      case "not":
        return !fits(wanted, value);
      case "required":
        return !isObject || (wanted as string[]).every(has);
      case "dependencies":
        return Object.entries(wanted as Record<string, string[]>).every(([key, needed]) =>
          !has(key) || needed.every(has)
        );
      case "propertyNames":
        return entries.every(([key]) => fits(wanted, key));
      case "properties":
        return entries.every(([key, item]) => {
          const property = (wanted as Record<string, unknown>)[key];
          return property === undefined || fits(property, item);
        });
      case "additionalProperties": {
        const known = (schema as { properties?: object }).properties ?? {};
        const others = entries.filter(([key]) => !(key in known));
        return wanted === false ? others.length === 0 : others.every(([, item]) => fits(wanted, item));
      }
      default:
        throw new Error(`The test does not know the keyword ${keyword}`);
    }
  });
}

function hasType(type: string, value: unknown): boolean {
  if (type === "array") return Array.isArray(value);
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  const ownType: string = typeof value;
  return type === "integer" ? Number.isInteger(value) : ownType === type;
}

/** Whether the tool accepts `value` as a project file. */
async function isAccepted(value: unknown): Promise<boolean> {
  try {
    const file = readConfigFile(PATH, await readYaml(JSON.stringify(value), PATH, []), "project");
    const processes = file.values.get("processes");
    if (processes !== undefined) parseProcesses(PATH, processes, (path) => absolutePath(path, "/shop"));
    parseCommandLine(["start"], { env: { HOME: "/home/me" }, cwd: "/shop" }, file);
    return true;
  } catch (error) {
    if (error instanceof LocalError && error.code === "usage") return false;
    throw error;
  }
}

/** `key` with its dots as nesting. */
function nested(key: string, value: unknown): Record<string, unknown> {
  return key.split(".").reduceRight<unknown>((inner, part) => ({ [part]: inner }), value) as Record<string, unknown>;
}

/** Values of every kind; none that depends on another key, or is a number in another spelling. */
const VALUES = [
  ...[true, false, 1, 5, 7300, 65_535, 65_536, -1, 0, 1.5, 4096],
  ...["auto", "some text", "1.5.1", "5m", "90s", "10MB", "info", "soon", "http://127.0.0.1:1/x"],
  ...[["a"], ["a", "b"], ["A=Keyword"], [{}], [["a"]], {}, { A: "Keyword" }, { a: 1 }, { a: { b: 1 } }, { a: [] }],
];

describe("the JSON Schema of project files", () => {
  it("is the one in the repository: stigmer-local config --schema > schema/stigmer-local.schema.json", () => {
    assertEquals(JSON.parse(readFileSync(SHIPPED, "utf8")), JSON.parse(JSON.stringify(projectSchema())));
  });

  it("describes every key that the tool knows, and no other", () => {
    const keys = (schema: unknown, prefix = ""): string[] =>
      Object.entries((schema as { properties?: Record<string, JsonSchema> }).properties ?? {}).flatMap(([key, inner]) =>
        inner["properties"] === undefined ? [prefix + key] : keys(inner, `${prefix}${key}.`)
      );
    const schema = projectSchema() as { properties: { processes: { additionalProperties: JsonSchema } } };
    const flags = PROJECT_FLAGS.flatMap(({ key, otherKey }) => [key!, ...(otherKey === undefined ? [] : [otherKey])]);
    assertEquals(keys(schema).sort(), [...flags, "processes"].sort());
    assertEquals(keys(schema.properties.processes.additionalProperties), PROCESS_KEYS.map(({ name }) => name));
  });

  it("accepts nothing that the tool refuses, whatever the value of a key", async () => {
    const schema = projectSchema();
    const candidates = [
      ...PROJECT_FLAGS.flatMap(({ key }) => VALUES.map((value) => nested(key!, value))),
      ...PROCESS_KEYS.flatMap(({ name }) => VALUES.map((value) => processWith({ [name]: value }))),
      ...["a", "A.b-c_1", "-a", ".a", "a b", "all", "temporal"].map((name) => ({
        processes: { [name]: { command: "x" } },
      })),
      ...[processWith({ port: 1, task_queue: "q" }), processWith({ restart_when_silent: "5m" })],
      ...[{ prot: 1 }, { health: { x: 1 } }, processWith({ ports: 1 }), { processes: { a: {} } }],
      ...[{ namespace: "a", namespaces: ["b"] }, { processes: [] }, [], "text", 1],
    ];
    const faults = [];
    for (const value of candidates) {
      if (fits(schema, value) && !await isAccepted(value)) faults.push(value);
    }
    assertEquals(faults.filter((value) => !dependsOnMore(value)), []);
  });

  it("accepts what the tool accepts, but for other spellings", async () => {
    const schema = projectSchema();
    const isOtherSpelling = (value: unknown) =>
      ["number", "boolean"].includes(typeof value) || Array.isArray(value) || /^\d/.test(String(value));
    for (const { key, kind } of PROJECT_FLAGS) {
      for (const value of VALUES.filter((each) => !isOtherSpelling(each))) {
        const file = nested(key!, value);
        const isText = typeof value === "string" && (kind === "pairs" || kind === "jsonPairs");
        if (!isText && await isAccepted(file)) assert(fits(schema, file), JSON.stringify(file));
      }
    }
    const full = {
      home: "../home",
      ...{ port: 7300, ui_port: "auto", version: "1.8.2", namespaces: ["a"], headless: true, log_level: "warn" },
      ...{ search_attributes: { Customer: "Keyword" }, dynamic_config: { "limit.maxIDLength": 255, list: [1] } },
      ...{ sqlite_pragmas: { synchronous: 1 }, extra_args: ["--log-format", "json"] },
      ...{ health: { interval: "1s", timeout: 1, failures: 3, launch_timeout: "90s" }, restart: { max: 0 } },
      ...{ log: { max_size: "10MB", max_age: "7d", max_total: 4096 } },
      processes: {
        a: { command: ["x", "", 1], task_queue: ["q"], watch: ["src"], restart_when_silent: "5m" },
        b: { command: "x", port: 1, depends_on: "a", environment: { A: "", B: 1, C: true }, stop_timeout: 5 },
        c: { command: "x", http: "http://127.0.0.1:1", depends_on: ["a", "b"], directory: "x", namespace: "y" },
      },
    };
    assert(await isAccepted(full));
    assert(fits(schema, full));
  });

  it("accepts and refuses any JSON without failing", () => {
    const schema = projectSchema();
    fc.assert(fc.property(fc.jsonValue(), (value) => typeof fits(schema, value) === "boolean"));
  });
});

const processWith = (keys: Record<string, unknown>) => ({ processes: { a: { command: "x", ...keys } } });

/** Whether the tool refuses `value` for what only several values can tell. */
function dependsOnMore(value: unknown): boolean {
  const text = JSON.stringify(value);
  // No room for the UI, longer than the interval of health checks, and names of no process.
  return text === '{"port":65535}' || /^\{"health":\{"timeout":/.test(text) || text.includes('"depends_on":');
}
