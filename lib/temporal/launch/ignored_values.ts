import { logDocument } from "../../logs/log_document.ts";

/**
 * A warning for each dynamic config value that Temporal ignores, according to its log: it uses the default for a value of
 * another type than the key's (`matchAndConvertCvs` in its `common/dynamicconfig/collection.go`), and says so once for
 * each time that it needs the value.
 *
 * @param values The values as `KEY=VALUE`: from 1.6 on, Temporal logs the keys in lower case.
 */
export function ignoredValues(log: string, values: readonly string[]): string[] {
  const keys = values.map((value) => value.slice(0, value.indexOf("=")));
  const warnings = new Set<string>();
  for (const line of log.split("\n")) {
    if (!line.includes("Failed to convert value, using default")) continue;
    const { key, error } = logDocument(line).fields;
    if (typeof key !== "string") continue;
    const given = keys.find((each) => each.toLowerCase() === key.toLowerCase()) ?? key;
    warnings.add(`Temporal ignores the dynamic config value of ${given}: ${error ?? "it cannot use it"}`);
  }
  return [...warnings];
}
