import { describe, it } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { decodeResponse, encodeRequest } from "../../lib/control/http1.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (data: Uint8Array): string => new TextDecoder().decode(data);

const SIZED = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nContent-Length: 8\r\n\r\n{"ü":1}';
const TO_THE_END = "HTTP/1.0 404 Not Found\r\n\r\nnothing";

describe("encodeRequest()", () => {
  it("asks without a body", () => {
    assertEquals(
      textOf(encodeRequest("GET", "/status")),
      "GET /status HTTP/1.1\r\nhost: stigmer-local\r\nconnection: close\r\n\r\n",
    );
  });

  it("tells the length of a body in bytes", () => {
    const [head, body] = textOf(encodeRequest("POST", "/stop", '{"ü":1}')).split("\r\n\r\n");
    assert(head!.includes("\r\ncontent-length: 8"), head);
    assertEquals(body, '{"ü":1}');
  });
});

describe("decodeResponse()", () => {
  it("reads bodies of told length, and up to the end", () => {
    assertEquals(decodeResponse(bytes(SIZED), false), { status: 200, body: '{"ü":1}' });
    assertEquals(decodeResponse(bytes(TO_THE_END), true), { status: 404, body: "nothing" });
  });

  it("waits for the rest at every place where an answer may be torn, and says so when none comes", () => {
    const whole = bytes(SIZED);
    for (let length = 0; length < whole.length; length++) {
      assertEquals(decodeResponse(whole.subarray(0, length), false), null, `${length} bytes`);
      assertThrows(() => decodeResponse(whole.subarray(0, length), true), Error);
    }
    assertEquals(decodeResponse(bytes(TO_THE_END), false), null);
  });

  it("leaves alone what follows a body of told length", () => {
    assertEquals(decodeResponse(bytes(`${SIZED}HTTP/1.1 500`), true)?.body, '{"ü":1}');
  });

  it("refuses what is not HTTP", () => {
    for (const answer of ["SSH-2.0-OpenSSH\r\n\r\n\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 OK\r\n\r\n", "\r\n\r\n"]) {
      assertThrows(() => decodeResponse(bytes(answer), false), Error, "not HTTP");
    }
  });

  it("ends on any bytes, with an answer, a wait or an error", () => {
    const chunk = fc.oneof(fc.string(), fc.constantFrom("\r\n", "0", "-9", "5", "a", ";"));
    const anyAnswer = fc.array(chunk).map((parts) => parts.join(""));
    const head = fc.constantFrom(
      "",
      "HTTP/1.1 200 OK\r\n\r\n",
      "HTTP/1.1 200 OK\r\ncontent-length: ",
    );
    fc.assert(fc.property(head, anyAnswer, fc.boolean(), (start, rest, ended) => {
      try {
        const response = decodeResponse(bytes(start + rest), ended);
        assert(response !== null || !ended);
      } catch (error) {
        assert(error instanceof Error && error.constructor === Error, String(error));
      }
    }));
  });
});
