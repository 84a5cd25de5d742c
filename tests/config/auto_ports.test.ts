import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { autoPortsOf, withPorts } from "../../lib/config/auto_ports.ts";

describe("withPorts()", () => {
  const ports = { port: 20_001, uiPort: 21_001 };

  it("replaces `auto`, and keeps requested ports", () => {
    assertEquals(withPorts({ port: "auto" }, ports), ports);
    assertEquals(withPorts({ port: "auto", uiPort: 9000 }, ports), { port: 20_001, uiPort: 9000 });
    assertEquals(withPorts({ port: 7233, uiPort: "auto" }, ports), { port: 7233, uiPort: 21_001 });
    assertEquals(withPorts({ headless: true }, ports), { headless: true });
  });

  it("finds the ports to choose automatically", () => {
    assertEquals(autoPortsOf({ port: "auto" }), ["port", "uiPort"]);
    assertEquals(autoPortsOf({ port: "auto", uiPort: 9000 }), ["port"]);
    assertEquals(autoPortsOf({ port: 7233, uiPort: "auto" }), ["uiPort"]);
    assertEquals(autoPortsOf({}), []);
  });
});
