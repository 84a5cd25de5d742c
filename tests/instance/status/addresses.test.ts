import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { completeSettings } from "../../../lib/config/settings.ts";
import { formatAddress, frontendAddress, uiAddress } from "../../../lib/instance/status/addresses.ts";

const settings = (asked: Parameters<typeof completeSettings>[0]) => completeSettings(asked, "/db");

describe("formatAddress()", () => {
  it("puts an IPv6 address in brackets", () => {
    assertEquals(formatAddress("127.0.0.1", 7233), "127.0.0.1:7233");
    assertEquals(formatAddress("::1", 7233), "[::1]:7233");
    assertEquals(formatAddress("localhost", 80), "localhost:80");
  });
});

describe("frontendAddress()", () => {
  it("is where a client on this machine finds the frontend", () => {
    assertEquals(frontendAddress(settings({})), "127.0.0.1:7233");
    assertEquals(frontendAddress(settings({ ip: "0.0.0.0", port: 7300 })), "127.0.0.1:7300");
    assertEquals(frontendAddress(settings({ ip: "::" })), "[::1]:7233");
  });
});

describe("uiAddress()", () => {
  it("is null without a UI, and else where it is found", () => {
    assertEquals(uiAddress(settings({ headless: true })), null);
    assertEquals(uiAddress(settings({ port: 7300 })), "http://127.0.0.1:8300");
    assertEquals(uiAddress(settings({ uiIp: "::1", uiPort: 9000 })), "http://[::1]:9000");
  });

  it("has the path that the UI is under, however that is written", () => {
    for (const path of ["temporal", "/temporal", "/temporal/", "//temporal"]) {
      assertEquals(uiAddress(settings({ uiPublicPath: path })), "http://127.0.0.1:8233/temporal", path);
    }
    assertEquals(uiAddress(settings({ uiPublicPath: "/" })), "http://127.0.0.1:8233");
  });
});
