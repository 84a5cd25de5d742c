import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { read, sourceFiles } from "./support.ts";

/** Commands of Temporal's CLI that connect to a server. */
const CONNECTS = /\btemporal (operator|workflow|activity|batch|schedule|task-queue|worker|env)\b/;

describe("commands in what is printed", () => {
  it("name the server if they are Temporal's", () => {
    const wrong = sourceFiles("lib").flatMap((path) =>
      read(path).split("\n").filter((line) => CONNECTS.test(line) && !/^\s*(\/\/|\/?\*)/.test(line))
        .map((line) => `${path}: use temporalCommand() for ${line.trim()}`)
    );
    assertEquals(wrong, []);
  });
});
