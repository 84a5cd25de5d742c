import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { shellWord } from "../../lib/text/shell_word.ts";

describe("shellWord()", () => {
  it("is one word to a real shell, whatever it contains", () => {
    const words = ["", "plain", "two words", "it's", "'", '$(touch x) `y` \\ "z"', "a\nb", "~/*", "'; rm -r '/nowhere"];
    const printed = execFileSync("sh", ["-c", `printf '%s\\0' ${words.map(shellWord).join(" ")}`], {
      encoding: "utf8",
    });
    assertEquals(printed.split("\0").slice(0, -1), words);
  });
});
