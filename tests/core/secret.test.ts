import { assert, assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { redact, redactAll, Secret } from "../../lib/core/secret.ts";

describe("Secret", () => {
  it("does not show itself in texts, in JSON, or to a debugger's eye", () => {
    const secret = new Secret("hush");
    assertEquals([`${secret}`, JSON.stringify({ secret }), String([secret])], ["***", '{"secret":"***"}', "***"]);
    assert(!inspect({ secret }, { depth: 9, showHidden: true }).includes("hush"));
    assertEquals(secret.reveal(), "hush");
  });
});

describe("redact()", () => {
  it("hides each secret wherever it stands, and nothing for an empty one", () => {
    const secrets = [new Secret("key-1"), new Secret("k+2"), new Secret(" ")];
    assertEquals(redact("key-1 of k+2, key-1", secrets), "*** of ***, ***");
    assertEquals(redactAll({ a: ["x key-1"], b: { c: 1, d: null, e: "k+2" } }, secrets), {
      a: ["x ***"],
      b: { c: 1, d: null, e: "***" },
    });
  });
});
