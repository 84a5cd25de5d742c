import { isObject } from "../../text/json_value.ts";

/** What a dynamic config value must be, for messages. */
export const ONE_VALUE = "one value without constraints, which is all that Temporal's dev server takes";

/**
 * The value of a dynamic config key that may be written as in Temporal's own files, `[{ value: 255, constraints: {} }]`:
 * that value. Null if it has several values, or constraints; Temporal's dev server would ignore those with a warning in its
 * log.
 */
export function dynamicValue(value: unknown): { value: unknown } | null {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isConstrained)) return { value };
  const [only] = value;
  return value.length === 1 && Object.keys(only!.constraints ?? {}).length === 0 ? { value: only!.value } : null;
}

function isConstrained(entry: unknown): entry is { value: unknown; constraints?: Record<string, unknown> | null } {
  if (!isObject(entry) || !("value" in entry)) return false;
  const { constraints = null } = entry;
  return Object.keys(entry).every((key) => key === "value" || key === "constraints") &&
    (constraints === null || isObject(constraints));
}
