import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { NOTHING_YET, rangeHeaders, readAnswer, type Transfer } from "../../../lib/binary/download/resume.ts";

const half: Transfer = { have: 50, total: 100, validator: '"a"' };

describe("a transfer", () => {
  it("asks for the whole file first, then for what is missing of the same file", () => {
    assertEquals(rangeHeaders(NOTHING_YET), {});
    assertEquals(rangeHeaders(half), { range: "bytes=50-", "if-range": '"a"' });
    assertEquals(rangeHeaders({ ...half, validator: null }), { range: "bytes=50-" });
  });

  it("begins anew with a whole file", () => {
    const headers = { "content-length": "120", etag: '"b"', "last-modified": "then" };
    const transfer = { have: 0, total: 120, validator: '"b"' };
    assertEquals(readAnswer(half, 200, headers), { kind: "body", transfer });
    const weak = readAnswer(NOTHING_YET, 200, { etag: 'W/"b"', "last-modified": "then" });
    assertEquals(weak, { kind: "body", transfer: { have: 0, total: null, validator: "then" } });
  });

  it("goes on with the part that was asked for alone", () => {
    const part = (range: string, asked = half) => readAnswer(asked, 206, { "content-range": range });
    assertEquals(part("bytes 50-99/100"), { kind: "body", transfer: half });
    assertEquals(part("bytes 50-99/*"), { kind: "body", transfer: half });
    for (const range of ["bytes 49-99/100", "bytes 0-99/100", "bytes 50-119/120", "bytes */100", "items 50-99/100"]) {
      const reading = part(range);
      assertEquals([reading.kind, reading.kind === "retry" && reading.fromStart], ["retry", true], range);
    }
    assertEquals(part("bytes 0-99/100", NOTHING_YET).kind, "retry");
  });

  it("tries again where that may help, for as long as the server says", () => {
    for (const status of [408, 429, 500, 502, 503]) {
      assertEquals(readAnswer(half, status, {}).kind, "retry", `${status}`);
    }
    for (
      const [after, afterMs] of [["3", 3_000], ["86400", 30_000], ["Wed, 21 Oct 2026 07:28:00 GMT", null]] as const
    ) {
      const reading = readAnswer(half, 503, { "retry-after": after });
      assertEquals(reading, { kind: "retry", why: "the server responded with status 503", fromStart: false, afterMs });
    }
    const outOfRange = readAnswer(half, 416, {});
    assertEquals(outOfRange.kind === "retry" && outOfRange.fromStart, true);
  });

  it("takes a refusal for an answer", () => {
    for (const status of [204, 304, 400, 401, 403, 404, 407, 410]) {
      assertEquals(readAnswer(NOTHING_YET, status, {}).kind, "refused", `${status}`);
    }
  });
});
