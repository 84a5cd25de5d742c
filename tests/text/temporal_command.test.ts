import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { temporalCommand } from "../../lib/text/temporal_command.ts";

describe("temporalCommand()", () => {
  it("names address and namespace", () => {
    const target = { address: "[::1]:7300", namespace: "it's" };
    assertEquals(
      temporalCommand("operator search-attribute remove", target, "--name", "Field"),
      "temporal operator search-attribute remove --address '[::1]:7300' --namespace 'it'\\''s' --name Field",
    );
  });

  it("quotes only what a shell would change", () => {
    const target = { address: "127.0.0.1:7233", namespace: "default", flags: ["--tls-ca-path", "/a b"] };
    assertEquals(
      temporalCommand("operator namespace create", target),
      "temporal operator namespace create --address 127.0.0.1:7233 --namespace default --tls-ca-path '/a b'",
    );
  });
});
