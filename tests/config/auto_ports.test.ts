import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { autoPortsOf, MAX_CANDIDATES, portCandidate, withPorts } from "../../lib/config/auto_ports.ts";

describe("portCandidate()", () => {
  it("is stable for a home, and differs with each attempt", () => {
    assertEquals(portCandidate("/a/.stigmer", 0), portCandidate("/a/.stigmer", 0));
    const tried = Array.from({ length: MAX_CANDIDATES + 1 }, (_, attempt) => portCandidate("/h", attempt).port);
    assertEquals(new Set(tried).size, MAX_CANDIDATES + 1);
  });

  it("never mixes ports of UIs, frontends and outgoing connections", () => {
    const ports = Array.from({ length: 3000 }, (_, index) => portCandidate(`/h/${index}`, index % MAX_CANDIDATES));
    const frontends = new Set(ports.map(({ port }) => port));
    for (const { port, uiPort } of ports) {
      assert(port >= 20_000 && uiPort < 32_768, `${port} and ${uiPort}`);
      assert(!frontends.has(uiPort), `${uiPort} is a frontend's too`);
    }
  });
});

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
