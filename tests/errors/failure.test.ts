import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { fromFailure, isFailure, toFailure } from "../../lib/errors/failure.ts";
import { type ErrorCode, LocalError } from "../../lib/errors/local_error.ts";

describe("toFailure()", () => {
  it("keeps the fields of a LocalError in a form that survives JSON", () => {
    const error = new LocalError("port-taken", "Port 7233 is taken", {
      hint: "end it",
      facts: { port: 7233 },
      cause: new Error("x"),
    });
    const failure = {
      code: "port-taken" as const,
      message: "Port 7233 is taken",
      hint: "end it",
      facts: { port: 7233 },
    };
    assertEquals(toFailure(error), failure);
    assertEquals(JSON.parse(JSON.stringify(toFailure(error))), failure);
    assertEquals(toFailure(new LocalError("timeout", "late")), { code: "timeout", message: "late" });
  });

  it("converts any other error to `internal`", () => {
    assertEquals(toFailure(new TypeError("x is not a function")), { code: "internal", message: "x is not a function" });
    assertEquals(toFailure("thrown"), { code: "internal", message: "thrown" });
    assertEquals(toFailure(undefined), { code: "internal", message: "undefined" });
  });

  it("says what helps where the system has reached a limit", () => {
    const error = Object.assign(new Error("EMFILE: too many open files, scandir '/proc/self/fd'"), { code: "EMFILE" });
    assertEquals(toFailure(error).hint, "Raise the limit (`ulimit -n`)");
  });
});

describe("fromFailure()", () => {
  it("restores the error that the failure was made from", () => {
    fc.assert(fc.property(
      fc.record({
        code: fc.constantFrom<ErrorCode>("usage", "port-taken", "gave-up", "internal"),
        message: fc.string(),
        hint: fc.string(),
        facts: fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }),
      }, { requiredKeys: ["code", "message"] }),
      (failure) => {
        assert(isFailure(failure));
        const error = fromFailure(failure);
        assert(error instanceof LocalError);
        assertEquals(toFailure(error), failure);
        assertEquals(error.exitCode, failure.code === "usage" ? 2 : 1);
      },
    ));
  });
});

describe("isFailure()", () => {
  it("refuses a missing field and one of another type", () => {
    for (const value of [null, 1, "x", [], {}, { code: "x" }, { message: "x" }, { code: 1, message: "x" }]) {
      assert(!isFailure(value), JSON.stringify(value));
    }
    const failure = { code: "timeout", message: "late" };
    assert(isFailure(failure));
    assert(!isFailure({ ...failure, hint: 1 }));
    assert(!isFailure({ ...failure, facts: null }));
    assert(!isFailure({ ...failure, facts: "x" }));
  });
});
