import { describe, it } from "node:test";
import { assertEquals, assertGreater } from "@std/assert";
import { read, sourceFiles } from "./support.ts";

/** A printed command with at least one argument, between the backticks of a message. */
const PRINTED = /\\`(?:\$\{\w+\} )?[a-z][\w-]* (?:(?!\\`).)*?\\`/g;
/** Words of this tool, which need no quotes. */
const OWN_WORDS = ["near", "command.name"];

/** Commands of Temporal's CLI that connect to a server, unless the tool runs them against its own. */
const CONNECTS =
  /(?<!stigmer-local (?:--\w+ \w+ )?)\btemporal (operator|workflow|activity|batch|schedule|task-queue|worker)\b/;

describe("a printed command", () => {
  it("names the server if it is one of Temporal's", () => {
    const wrong = sourceFiles("lib").flatMap((path) =>
      read(path).split("\n").filter((line) => CONNECTS.test(line) && !/^\s*(\/\/|\/?\*)/.test(line))
        .map((line) => `${path}: use temporalCommand() for ${line.trim()}`)
    );
    assertEquals(wrong, []);
  });

  it("quotes for a shell what is put into it", () => {
    const inserted = sourceFiles("lib").flatMap((path) =>
      [...read(path).matchAll(PRINTED)].flatMap(([command]) =>
        [...command.matchAll(/\$\{([^}]*)\}/g)].map(([, expression]) => ({ path, command, expression: expression! }))
      )
    );
    assertGreater(inserted.length, 5);
    const isQuoted = (expression: string) =>
      /^(shellWord|quotedIfNeeded|temporalCommand)\(/.test(expression) ||
      expression.endsWith('.map(quotedIfNeeded).join(" ")') || OWN_WORDS.includes(expression);
    assertEquals(inserted.filter(({ expression }) => !isQuoted(expression)), []);
  });
});
