import { statSync } from "node:fs";
import { join } from "node:path";
import { valuesOfFlag } from "../../config/dev_server_args.ts";
import { parseJson } from "../../text/json_value.ts";
import { declaredTypes, SEARCH_ATTRIBUTE_TYPES } from "../../config/flags/search_attribute_types.ts";
import type { Settings } from "../../config/settings.ts";
import { LocalError } from "../../errors/local_error.ts";
import { shellWord } from "../../text/shell_word.ts";

/**
 * Refuses settings that Temporal would refuse, or ignore, at its start: too many search attributes of a type, a pragma
 * or a dynamic config value that it cannot parse, UI assets that do not exist. Checks those after `--`, too.
 *
 * @throws {LocalError} `launch-failed`
 */
export function refuseBadSettings(settings: Settings): void {
  refuseSearchAttributes(valuesOfFlag(settings, "search-attribute"));
  for (const pragma of valuesOfFlag(settings, "sqlite-pragma")) refusePragma(pragma);
  for (const pair of valuesOfFlag(settings, "dynamic-config-value")) {
    if (/^[^=]+=/.test(pair) && parseJson(pair.slice(pair.indexOf("=") + 1)) !== undefined) continue;
    throw badFlag("--dynamic-config-value", pair, "KEY=JSON, with strings in double quotes");
  }
  const assets = valuesOfFlag(settings, "ui-asset-path").at(-1);
  if (assets !== undefined && assets !== "" && !settings.headless) refuseAssets(assets);
}

function refuseSearchAttributes(declared: readonly string[]): void {
  const names = new Map<string, string[]>();
  for (const [name, given] of declaredTypes(declared)) {
    const type = SEARCH_ATTRIBUTE_TYPES.find((each) => each.toLowerCase() === given.toLowerCase());
    if (type === undefined) {
      const wanted = `KEY=TYPE, a type of ${SEARCH_ATTRIBUTE_TYPES.join(", ")}`;
      throw badFlag("--search-attribute", `${name}=${given}`, wanted);
    }
    names.set(type, [...names.get(type) ?? [], name]);
  }
  for (const [type, those] of names) {
    // The columns that Temporal's SQLite schema has (`sqlDbIndexSearchAttributes` in its `common/searchattribute/defs.go`).
    const limit = type === "Keyword" ? 10 : 3;
    if (those.length <= limit) continue;
    const given = `${those.length} (${those.join(", ")})`;
    const message = `Too many search attributes of type ${type}: ${given}, Temporal's SQLite store has ${limit}`;
    throw new LocalError("launch-failed", message, {
      hint: "Remove some of --search-attribute or `search_attributes`, or give them another type",
      facts: { cause: "bad-flag", type, limit, searchAttributes: those },
    });
  }
}

/** SQLite gets `PRAGMA NAME=VALUE`. Names of connection parameters would change how Temporal opens its database. */
function refusePragma(pragma: string): void {
  const match = /^\s*(\w+)\s*=\s*([-+]?[\w.]+|'[^']*'|"[^"]*")\s*$/.exec(pragma);
  if (match !== null && !["mode", "immutable", "vfs"].includes(match[1]!)) return;
  throw badFlag("--sqlite-pragma", pragma, "PRAGMA=VALUE, such as synchronous=1");
}

function refuseAssets(folder: string): void {
  const info = statSync(folder, { throwIfNoEntry: false });
  const fault = info === undefined
    ? "it does not exist"
    : !info.isDirectory()
    ? "it is not a directory"
    : statSync(join(folder, "index.html"), { throwIfNoEntry: false })?.isFile() === true
    ? null
    : "it has no index.html";
  if (fault === null) return;
  throw new LocalError("launch-failed", `Cannot use ${folder} for the UI assets: ${fault}`, {
    hint: "Give the directory of a built Web UI with --ui-asset-path",
    facts: { cause: "bad-flag", path: folder },
  });
}

function badFlag(flag: string, value: string, wanted: string): LocalError {
  return new LocalError("launch-failed", `Invalid value ${shellWord(value)} for ${flag}: expected ${wanted}`, {
    facts: { cause: "bad-flag", flag, value },
  });
}
