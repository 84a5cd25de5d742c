import { VERSION } from "../temporal_versions.ts";
import type { Flag } from "./flag.ts";
import { PICK_VERSION, PROJECT_FLAGS } from "./instance_flags.ts";
import { PROCESS_KEYS, PROCESS_NAME, READY_KEYS, RESERVED_NAMES } from "./process_keys.ts";

/** A JSON Schema, or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const DURATION = "^\\d+(\\.\\d+)? ?(ms|s|m|h|d)?$";
const SIZE = "^\\d+(\\.\\d+)? ?([KkMmGg]?[Bb])?$";
const SCALAR: JsonSchema = { type: ["string", "number", "boolean"] };
/** A string that is not empty. */
const TEXT: JsonSchema = { type: "string", minLength: 1 };

/**
 * The JSON Schema (draft 7) of project files, for completion, help and checks in editors. What it accepts, the tool accepts,
 * except for what depends on several values; the tool also accepts other spellings, such as numbers in quotes.
 */
export function projectSchema(): JsonSchema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Project file of stigmer-local",
    description: "The local Temporal dev server of a project, and the processes beside it",
    ...objectOf(PROJECT_FLAGS, {
      version: { description: PICK_VERSION.help, type: "string", pattern: VERSION.source },
      processes: processesSchema(),
    }),
    not: { required: ["namespace", "namespaces"] },
  };
}

function processesSchema(): JsonSchema {
  const process = objectOf(PROCESS_KEYS, {
    command: {
      description: helpOf("command"),
      anyOf: [TEXT, { type: "array", items: SCALAR, minItems: 1 }],
    },
    http: { description: helpOf("http"), type: "string", pattern: "^http://[^\\s/]" },
    environment: {
      description: helpOf("environment"),
      type: "object",
      propertyNames: { pattern: "^[A-Za-z_][A-Za-z0-9_]*$" },
      additionalProperties: SCALAR,
    },
  });
  const pairs = READY_KEYS.flatMap((key, index) => READY_KEYS.slice(index + 1).map((other) => [key, other]));
  return {
    description: "What runs beside Temporal, by name",
    type: "object",
    propertyNames: { pattern: PROCESS_NAME.source, not: { enum: RESERVED_NAMES } },
    additionalProperties: {
      ...process,
      required: ["command"],
      dependencies: { restart_when_silent: ["task_queue"] },
      not: { anyOf: pairs.map((required) => ({ required })) },
    },
  };
}

const helpOf = (name: string): string => PROCESS_KEYS.find((flag) => flag.name === name)!.help;

/** The schema of an object with the keys of `flags`, nested at their dots; `others` replace or add to them. */
function objectOf(flags: readonly Flag[], others: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const nested = new Map<string, Flag[]>();
  for (const flag of flags) {
    const [first = "", ...rest] = (flag.key ?? flag.name).split(".");
    if (rest.length === 0) properties[first] = valueSchema(flag);
    else nested.set(first, [...nested.get(first) ?? [], { ...flag, key: rest.join(".") }]);
    if (flag.otherKey !== undefined) properties[flag.otherKey] = valueSchema(flag);
  }
  for (const [key, group] of nested) properties[key] = objectOf(group, {});
  return { type: "object", properties: { ...properties, ...others }, additionalProperties: false };
}

function valueSchema(flag: Flag): JsonSchema {
  return { description: flag.help.replace(" (repeatable)", ""), ...typeOf(flag) }; // that is said of flags
}

function typeOf({ kind, choices, mayBeAuto, atLeast = 0 }: Flag): JsonSchema {
  const text = choices === undefined ? TEXT : { enum: choices };
  switch (kind) {
    case "boolean":
      return { type: "boolean" };
    case "text":
      return text;
    case "texts":
      return { anyOf: [TEXT, { type: "array", items: TEXT }] };
    case "pairs":
      return {
        anyOf: [
          { type: "object", additionalProperties: choices === undefined ? { ...SCALAR, minLength: 1 } : text },
          {
            type: "array",
            items: { type: "string", pattern: `^[^=]+=${choices === undefined ? "." : choicesIn(choices)}` },
          },
        ],
      };
    case "jsonPairs":
      return { type: "object" };
    case "port": {
      const port = { type: "integer", minimum: 1, maximum: 65_535 };
      return mayBeAuto === true ? { anyOf: [port, { const: "auto" }] } : port;
    }
    case "count":
      return { type: "integer", minimum: atLeast };
    case "seconds":
      return { type: "number", minimum: atLeast };
    case "duration":
      return { anyOf: [{ type: "number", minimum: atLeast }, { type: "string", pattern: DURATION }] };
    case "size":
      return { anyOf: [{ type: "integer", minimum: atLeast }, { type: "string", pattern: SIZE }] };
  }
}

const choicesIn = (choices: readonly string[]): string => `(${choices.join("|")})$`;
