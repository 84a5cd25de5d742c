import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { dynamicValue } from "../../../lib/config/flags/dynamic_value.ts";

describe("dynamicValue()", () => {
  it("is the value itself, also of a list", () => {
    for (const value of [255, "x", true, null, [], [1, 2], { value: 1 }, [{ Pattern: "*", AllowInsecure: true }]]) {
      assertEquals(dynamicValue(value), { value });
    }
    assertEquals(dynamicValue([{ value: 1, other: 2 }]), { value: [{ value: 1, other: 2 }] });
  });

  it("is the only value without constraints in the shape of Temporal's files", () => {
    for (const constraints of [{}, null, undefined]) {
      assertEquals(dynamicValue([{ value: 255, constraints }]), { value: 255 });
    }
    assertEquals(dynamicValue([{ value: [1] }]), { value: [1] });
  });

  it("is none for several values, or with constraints", () => {
    assertEquals(dynamicValue([{ value: 1 }, { value: 2, constraints: { namespace: "orders" } }]), null);
    assertEquals(dynamicValue([{ value: 1, constraints: { namespace: "orders" } }]), null);
  });
});
