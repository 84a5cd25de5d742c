import { describe, it } from "node:test";
import { inspect } from "node:util";
import { assert, assertEquals } from "@std/assert";
import { redact, Secret } from "../../../lib/external/connection/secret.ts";

describe("Secret", () => {
  it("does not appear in strings, JSON or inspect()", () => {
    const secret = new Secret("hush");
    assertEquals([`${secret}`, JSON.stringify({ secret }), String([secret])], ["***", '{"secret":"***"}', "***"]);
    assert(!inspect({ secret }, { depth: 9, showHidden: true }).includes("hush"));
    assertEquals(secret.reveal(), "hush");
  });
});

describe("redact()", () => {
  it("replaces every occurrence of each secret, and ignores an empty one", () => {
    const secrets = [new Secret("key-1"), new Secret("key-1-and-more"), new Secret("k+2"), new Secret(" ")];
    assertEquals(redact("key-1 of 'k+2', Bearer:key-1, key-1-and-more", secrets), "*** of '***', Bearer:***, ***");
    assertEquals(redact("xsecret-keyx", [new Secret("secret-key")]), "x***x");
  });

  it("keeps words that contain a very short secret by chance", () => {
    assertEquals(
      redact("namespace a: an invalid token 'Bearer a'", [new Secret("a")]),
      "namespace ***: an invalid token 'Bearer ***'",
    );
    assertEquals(redact("(.) is no key.", [new Secret(".")]), "(***) is no key.");
    assertEquals(redact("état é", [new Secret("é")]), "état ***");
  });
});
