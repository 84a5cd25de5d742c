import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { dependentsOf, withDependencies } from "../../lib/stack/order.ts";

const DECLARED = [
  { name: "web", dependsOn: ["api"] },
  { name: "api", dependsOn: ["worker", "codec"] },
  { name: "worker", dependsOn: [] },
  { name: "codec", dependsOn: [] },
  { name: "cron", dependsOn: ["worker"] },
];

describe("withDependencies()", () => {
  it("adds what is needed, also indirectly, in the order of the declaration", () => {
    assertEquals(withDependencies(["api"], DECLARED), ["api", "worker", "codec"]);
    assertEquals(withDependencies(["cron", "web"], DECLARED), ["web", "api", "worker", "codec", "cron"]);
    assertEquals(withDependencies(["codec", "codec"], DECLARED), ["codec"]);
    assertEquals(withDependencies([], DECLARED), []);
  });

  it("ends where names are unknown or lead back to themselves", () => {
    assertEquals(withDependencies(["nonesuch"], DECLARED), []);
    const circle = [{ name: "a", dependsOn: ["b"] }, { name: "b", dependsOn: ["a", "gone"] }];
    assertEquals(withDependencies(["b"], circle), ["a", "b"]);
  });
});

describe("dependentsOf()", () => {
  it("finds those that depend on a process directly", () => {
    assertEquals(dependentsOf("worker", DECLARED), ["api", "cron"]);
    assertEquals(dependentsOf("web", DECLARED), []);
  });
});
