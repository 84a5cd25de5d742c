import nodeAssert from "node:assert/strict";
import { describe, it } from "node:test";
import * as std from "@std/assert";

// Checked with node:assert, because an assertion library cannot check itself.

class Point {
  x: number;
  y: number;
  constructor(x: number, y: number) {
    this.x = x;
    this.y = y;
  }
}

/** Checks that `body` throws an AssertionError whose message contains all `parts`. */
function fails(body: () => unknown, ...parts: string[]): void {
  nodeAssert.throws(body, (error) => {
    nodeAssert.ok(error instanceof std.AssertionError, String(error));
    nodeAssert.equal(error.name, "AssertionError");
    for (const part of parts) nodeAssert.ok(error.message.includes(part), `no '${part}' in: ${error.message}`);
    return true;
  });
}

describe("equal()", () => {
  const circular = (): unknown => {
    const value: Record<string, unknown> = { a: 1 };
    value["self"] = value;
    return value;
  };
  const same: [string, unknown, unknown][] = [
    ["numbers", 1, 1],
    ["NaN", NaN, NaN],
    ["0 and -0", 0, -0],
    ["nested objects, keys in any order", { a: { b: [1, 2] }, c: 3 }, { c: 3, a: { b: [1, 2] } }],
    ["no prototype and a plain one", Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    ["dates", new Date(5), new Date(5)],
    ["invalid dates", new Date(NaN), new Date(NaN)],
    ["regular expressions", /a/gi, /a/gi],
    ["URLs", new URL("http://a.test/x"), new URL("http://a.test/x")],
    ["maps in any order", new Map([[1, "a"], [2, "b"]]), new Map([[2, "b"], [1, "a"]])],
    ["maps with objects for keys", new Map([[{ a: 1 }, 1]]), new Map([[{ a: 1 }, 1]])],
    ["sets in any order", new Set([1, { a: 2 }]), new Set([{ a: 2 }, 1])],
    ["bytes", new Uint8Array([1, 2]), new Uint8Array([1, 2])],
    ["buffers", new Uint8Array([1, 2]).buffer, new Uint8Array([1, 2]).buffer],
    ["instances", new Point(1, 2), new Point(1, 2)],
    ["circular structures", circular(), circular()],
    ["symbols as keys", { [Symbol.for("a")]: 1 }, { [Symbol.for("a")]: 1 }],
  ];
  const different: [string, unknown, unknown][] = [
    ["number and text", 1, "1"],
    ["null and undefined", null, undefined],
    ["null and an object", null, {}],
    ["a missing key and an undefined one", { a: undefined }, {}],
    ["keys of other names", { a: undefined }, { b: undefined }],
    ["an array and an object", [], {}],
    ["a hole and undefined", [, 1], [undefined, 1]],
    ["an instance and a plain object", new Point(1, 2), { x: 1, y: 2 }],
    ["dates", new Date(5), new Date(6)],
    ["flags of regular expressions", /a/g, /a/i],
    ["URLs", new URL("http://a.test/x"), new URL("http://a.test/y")],
    ["values of maps", new Map([["a", 1]]), new Map([["a", 2]])],
    ["keys of maps", new Map([["a", undefined]]), new Map([["b", undefined]])],
    ["sets", new Set([1]), new Set([2])],
    ["kinds of bytes", new Uint8Array([1]), new Int8Array([1])],
    ["symbols", { [Symbol.for("a")]: 1 }, { [Symbol.for("a")]: 2 }],
    ["functions", () => 1, () => 1],
    ["errors", new Error("a"), new Error("b")],
  ];
  for (const [what, a, b] of same) {
    it(`says that ${what} are equal`, () => {
      nodeAssert.equal(std.equal(a, b), true);
      std.assertEquals(a, b);
      fails(() => std.assertNotEquals(a, b, "why"), "why");
    });
  }
  for (const [what, a, b] of different) {
    it(`says that ${what} differ`, () => {
      nodeAssert.equal(std.equal(a, b), false);
      std.assertNotEquals(a, b);
      fails(() => std.assertEquals(a, b, "why"), "Values are not equal: why");
    });
  }
  it("cannot compare weak collections", () => {
    nodeAssert.throws(() => std.equal(new WeakMap(), new WeakMap()), TypeError);
    nodeAssert.throws(() => std.equal(new WeakSet(), new WeakSet()), TypeError);
  });
});

describe("assertions on values", () => {
  it("assert() narrows and fails", () => {
    std.assert(1);
    fails(() => std.assert(0, "why"), "why");
  });
  it("assertEquals() shows both sides line by line", () => {
    fails(() => std.assertEquals({ a: 1, same: "x" }, { a: 2, same: "x" }), "-", "+", "a: 1", "a: 2", "same: ");
    fails(() => std.assertEquals("one\ntwo", "one\nthree"), "two", "three");
  });
  it("the comparisons hold and fail where they should", () => {
    std.assertGreater(2, 1);
    std.assertGreaterOrEqual(2, 2);
    std.assertLess(1, 2);
    fails(() => std.assertGreater(2, 2), "Expect 2 > 2");
    fails(() => std.assertGreaterOrEqual(1, 2), "Expect 1 >= 2");
    fails(() => std.assertLess(2, 2), "Expect 2 < 2");
    fails(() => std.assertLess(NaN, 1, "why"), "why");
  });
  it("assertMatch() and assertStringIncludes() check text", () => {
    std.assertMatch("port 7233", /\d+/);
    std.assertStringIncludes("port 7233", "7233");
    fails(() => std.assertMatch("port", /\d+/), 'Expected actual: "port" to match: "/\\d+/".');
    fails(() => std.assertStringIncludes("a", "b", "why"), 'Expected actual: "a" to contain: "b": why');
  });
});

describe("assertions on errors", () => {
  it("assertThrows() returns the error", () => {
    const error = new TypeError("no such port");
    const thrower = (): never => {
      throw error;
    };
    nodeAssert.equal(std.assertThrows(thrower), error);
    nodeAssert.equal(std.assertThrows(thrower, TypeError, "port"), error);
    fails(() => std.assertThrows(() => {}), "Expected function to throw.");
    fails(() => std.assertThrows(() => {}, "why"), "Expected function to throw: why");
    fails(() => std.assertThrows(thrower, RangeError), 'instance of "RangeError", but was "TypeError"');
    fails(() => std.assertThrows(thrower, TypeError, "host"), 'include "host", but got "no such port"');
    fails(() =>
      std.assertThrows(() => {
        // deno-lint-ignore no-throw-literal
        throw "text";
      }, Error), "A non-Error object was thrown.");
  });
  it("assertRejects() returns the error", async () => {
    const error = new TypeError("no such port");
    nodeAssert.equal(await std.assertRejects(() => Promise.reject(error)), error);
    nodeAssert.equal(await std.assertRejects(() => Promise.reject(error), TypeError, "port"), error);
    const failures: [() => Promise<unknown>, string][] = [
      [() => std.assertRejects(() => Promise.resolve()), "Expected function to reject."],
      [() => std.assertRejects(() => Promise.reject(error), RangeError), 'but was "TypeError"'],
      [() => std.assertRejects(() => Promise.reject(error), TypeError, "host"), 'include "host"'],
      [() => std.assertRejects(() => Promise.reject("text"), Error), "A non-Error object was rejected."],
      [
        () =>
          std.assertRejects(() => {
            throw error;
          }),
        "Function throws when expected to reject.",
      ],
      [() => std.assertRejects(() => 1 as unknown as Promise<void>), "Function throws when expected to reject."],
    ];
    for (const [body, message] of failures) {
      await nodeAssert.rejects(
        body,
        (failure) => failure instanceof std.AssertionError && failure.message.includes(message),
      );
    }
  });
});
