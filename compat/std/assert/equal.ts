type Key = string | symbol;

/**
 * Whether two values are the same in structure, as `assertEquals` means it: same prototype (no prototype counts as
 * `Object.prototype`), same keys, values equal in depth, `NaN` equal to itself, 0 equal to -0. Maps and sets do not care
 * for order. Circular structures are fine.
 *
 * @throws {TypeError} for a WeakMap or a WeakSet, which cannot be looked into
 */
export function equal(a: unknown, b: unknown): boolean {
  return compare(a, b, new Map());
}

function compare(a: unknown, b: unknown, underWay: Map<object, object>): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (!isObject(a) || !isObject(b)) return false;
  if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime());
  if (prototypeOf(a) !== prototypeOf(b)) return false;
  if (ArrayBuffer.isView(a)) return compareBytes(a, b as ArrayBufferView, underWay);
  if (a instanceof ArrayBuffer || a instanceof SharedArrayBuffer) {
    return compareLists(new Uint8Array(a), new Uint8Array(b as ArrayBuffer));
  }
  if (a instanceof WeakMap) throw new TypeError("Cannot compare WeakMap instances");
  if (a instanceof WeakSet) throw new TypeError("Cannot compare WeakSet instances");
  if (a instanceof WeakRef) return compare(a.deref(), (b as WeakRef<object>).deref(), underWay);
  if (underWay.get(a) === b) return true;
  if (Object.keys(a).length !== Object.keys(b).length) return false;
  underWay.set(a, b);
  if (a instanceof Set || a instanceof Map) return compareCollections(a, b as typeof a, underWay);
  if (isComparedAsText(a)) return String(a) === String(b);
  return compareProperties(a, b, underWay);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function prototypeOf(value: object): unknown {
  return Object.getPrototypeOf(value) ?? Object.prototype;
}

function isComparedAsText(value: object): boolean {
  return value instanceof RegExp || value instanceof URL || value instanceof URLSearchParams ||
    value instanceof Intl.Locale;
}

function compareBytes(a: ArrayBufferView, b: ArrayBufferView, underWay: Map<object, object>): boolean {
  if (a instanceof DataView) return compareProperties(a, b, underWay);
  return compareLists(a as Uint8Array, b as Uint8Array);
}

function compareLists(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) {
    if (a[at] !== b[at] && !Object.is(a[at], b[at])) return false;
  }
  return true;
}

/** Finds an equal entry in `b` for each entry of `a`, by identity first, because keys may be objects. */
function compareCollections(
  a: Set<unknown> | Map<unknown, unknown>,
  b: Set<unknown> | Map<unknown, unknown>,
  underWay: Map<object, object>,
): boolean {
  if (a.size !== b.size) return false;
  const left = new Map(a.entries());
  const right = new Map(b.entries());
  for (const [key, value] of left) {
    if (!isObject(key)) {
      if (!right.has(key) || !compare(value, right.get(key), underWay)) return false;
      continue;
    }
    const hasTwin = [...right].some(([other, otherValue]) =>
      compare(key, other, underWay) && (a instanceof Set || compare(value, otherValue, underWay))
    );
    if (!hasTwin) return false;
  }
  return true;
}

function compareProperties(a: object, b: object, underWay: Map<object, object>): boolean {
  const isPlain = [Object.prototype, Array.prototype].includes(prototypeOf(a) as never);
  const keys = isPlain
    ? new Set([...Reflect.ownKeys({ ...a }), ...Reflect.ownKeys({ ...b })])
    : new Set([...keysOfChain(a), ...keysOfChain(b)]);
  for (const key of keys) {
    if (key in a !== key in b) return false;
    if (!compare(a[key as keyof object], b[key as keyof object], underWay)) return false;
  }
  return true;
}

/** Includes properties of prototypes: getters of a class are part of the value of its instances. */
function keysOfChain(value: object): Key[] {
  const keys: Key[] = [];
  for (let at = value; at && at !== Object.prototype && at !== Array.prototype; at = Object.getPrototypeOf(at)) {
    keys.push(...Reflect.ownKeys(at));
  }
  return keys;
}
