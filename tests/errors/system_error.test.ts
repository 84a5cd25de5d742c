import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { limitHint, writeFault } from "../../lib/errors/system_error.ts";

describe("writeFault()", () => {
  it("names the reason in words, the caller's first, else the code", () => {
    assertEquals(writeFault("EROFS"), "its file system is read-only");
    assertEquals(
      writeFault("ENOENT", { ENOENT: "no directory can be created there" }),
      "no directory can be created there",
    );
    assertEquals(writeFault("EIO", { ENOENT: "other" }), "EIO");
  });

  it("names a limit that is reached, as limitHint() names what helps", () => {
    assertEquals([writeFault("EFBIG"), limitHint("EFBIG")], [
      "files may not become this large",
      "Raise the limit (`ulimit -f`)",
    ]);
    assertEquals([limitHint("EACCES"), limitHint(undefined)], [undefined, undefined]);
  });
});
