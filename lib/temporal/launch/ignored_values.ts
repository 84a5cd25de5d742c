/**
 * A warning for each dynamic config value that Temporal ignores, according to its log: it uses the default for a value of
 * another type than the key's (`matchAndConvertCvs` in its `common/dynamicconfig/collection.go`), and says so once for
 * each time that it needs the value.
 */
export function ignoredValues(log: string): string[] {
  const warnings = new Set<string>();
  for (const line of log.split("\n")) {
    if (!line.includes("Failed to convert value, using default")) continue;
    const key = /\bkey=(\S+)/.exec(line)?.[1] ?? /"key":"([^"]+)"/.exec(line)?.[1];
    const why = /\berror="?([^"]+)"?$/.exec(line)?.[1] ?? /"error":"([^"]+)"/.exec(line)?.[1];
    if (key !== undefined) {
      warnings.add(`Temporal ignores the dynamic config value of ${key}: ${why ?? "it cannot use it"}`);
    }
  }
  return [...warnings];
}
