import { assertEquals } from "./values.ts";

type Loose = Record<PropertyKey, unknown>;

/** Fails unless `actual` has, in depth, at least what `expected` has; lists may be longer at their end. */
export function assertObjectMatch(
  // deno-lint-ignore no-explicit-any -- as in the real package, so that any object may be passed
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  // `expected` is reduced too, so that both sides have plain prototypes.
  assertEquals(pick(actual, expected, new Map()), pick(expected, expected, new Map()), msg);
}

/** The part of `actual` with the properties of `expected`. */
function pick(actual: Loose, expected: Loose, underWay: Map<unknown, unknown>): Loose {
  if (underWay.get(actual) === expected) return actual;
  underWay.set(actual, expected);
  const keys = Reflect.ownKeys(actual);
  const shared = keys.filter((key) => Object.hasOwn(expected, key));
  const picked: Loose = {};
  // Nothing in common: all of it, so that the message shows the actual value.
  if (shared.length === 0 && Reflect.ownKeys(expected).length > 0) {
    for (const key of keys) set(picked, key, actual[key]);
    return picked;
  }
  for (const key of shared) set(picked, key, pickValue(actual[key], expected[key], underWay));
  return picked;
}

function pickValue(actual: unknown, expected: unknown, underWay: Map<unknown, unknown>): unknown {
  if (!isLoose(actual) || !isLoose(expected) || actual instanceof RegExp || actual instanceof Date) return actual;
  if (Array.isArray(actual) && Array.isArray(expected)) {
    if (underWay.get(actual) === expected) return actual;
    underWay.set(actual, expected);
    return actual.slice(0, expected.length).map((item, at) => pickValue(item, expected[at], underWay));
  }
  if (actual instanceof Map && expected instanceof Map) {
    const shared = [...actual].filter(([key]) => expected.has(key));
    return new Map(shared.map(([key, value]) => {
      const wanted = expected.get(key);
      return [key, isLoose(value) && isLoose(wanted) ? pick(value, wanted, underWay) : value];
    }));
  }
  if (actual instanceof Set && expected instanceof Set) {
    return new Set([...actual].filter((item) => expected.has(item)));
  }
  return pick(actual, expected, underWay);
}

function isLoose(value: unknown): value is Loose {
  return typeof value === "object" && value !== null;
}

/** Not by assignment, because assigning to `__proto__` sets the prototype. */
function set(target: Loose, key: PropertyKey, value: unknown): void {
  Object.defineProperty(target, key, { value, configurable: true, enumerable: true, writable: true });
}
