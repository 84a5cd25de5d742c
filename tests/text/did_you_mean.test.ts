import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { didYouMean } from "../../lib/text/did_you_mean.ts";

const COMMANDS = ["start", "stop", "restart", "status", "wait", "logs", "version", "help"];

describe("didYouMean()", () => {
  it("corrects a typo", () => {
    const cases = {
      strat: "start",
      statsu: "status",
      stat: "status",
      stpo: "stop",
      log: "logs",
      rsetart: "restart",
      hlep: "help",
      verison: "version",
      waitt: "wait",
    };
    for (const [word, meant] of Object.entries(cases)) assertEquals(didYouMean(word, COMMANDS), meant, word);
  });

  it("completes the beginning of a long name", () => {
    assertEquals(didYouMean("dynamic", ["port", "dynamic-config-value"]), "dynamic-config-value");
  });

  it("suggests nothing if nothing is near", () => {
    for (const word of ["", "x", "deploy", "42", "sandwich"]) assertEquals(didYouMean(word, COMMANDS), null, word);
    assertEquals(didYouMean("start", []), null);
  });

  it("corrects any single edit of a name", () => {
    const names = ["dynamic-config-value", "search-attribute", "max-restarts"];
    fc.assert(fc.property(fc.constantFrom(...names), fc.nat(), fc.nat(3), (name, place, slip) => {
      const at = place % (name.length - 1);
      const [before, here, next, after] = [name.slice(0, at), name[at]!, name[at + 1]!, name.slice(at + 2)];
      const word = [
        before + next + after,
        `${before}${here}#${next}${after}`,
        `${before}#${next}${after}`,
        before + next + here + after,
      ][slip]!;
      assertEquals(didYouMean(word, names), name, word);
    }));
  });
});
