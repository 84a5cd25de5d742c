import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { needsServer } from "../../lib/config/cli_args.ts";

describe("needsServer()", () => {
  it("is true for a command of Temporal's CLI", () => {
    for (const line of ["workflow list", "--namespace orders workflow list", "operator cluster health", "frobnicate"]) {
      assertEquals(needsServer(line.split(" ")), true, line);
    }
  });

  it("is false where help, a version or a completion is shown, and for what is a server or about files", () => {
    for (const line of ["--help", "-h", "workflow --help", "workflow list -h", "help workflow", "--version", "-v"]) {
      assertEquals(needsServer(line.split(" ")), false, line);
    }
    for (const line of ["completion bash", "server start-dev --port 7300", "env list", "config get"]) {
      assertEquals(needsServer(line.split(" ")), false, line);
    }
    assertEquals(needsServer([]), false);
  });

  it("takes no argument after -- for a flag, nor a later -v for the version", () => {
    assertEquals(needsServer(["workflow", "list", "--", "--help"]), true);
    assertEquals(needsServer(["workflow", "list", "-v"]), true);
  });
});
