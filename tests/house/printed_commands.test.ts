import { describe, it } from "node:test";
import { assertEquals, assertGreater } from "@std/assert";
import { read, sourceFiles } from "./support.ts";

/** A printed command with at least one argument, between the backticks of a message. */
const PRINTED = /\\`(?:\$\{\w+\} )?[a-z][\w-]* (?:(?!\\`).)*?\\`/g;
/** Words of this tool, which need no quotes. */
const OWN_WORDS = ["near", "command.name"];

describe("a printed command", () => {
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
