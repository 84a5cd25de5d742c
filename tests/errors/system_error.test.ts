import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { writeFault } from "../../lib/errors/system_error.ts";

describe("writeFault()", () => {
  it("names the reason in words, the caller's first, else the code", () => {
    assertEquals(writeFault("EROFS"), "its file system is read-only");
    assertEquals(
      writeFault("ENOENT", { ENOENT: "no directory can be created there" }),
      "no directory can be created there",
    );
    assertEquals(writeFault("EIO", { ENOENT: "other" }), "EIO");
  });
});
