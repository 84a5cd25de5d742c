import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { ephemeralToolEnvironment, toolEnvironment, withOuterHome } from "../../lib/environment/tool_environment.ts";
import { parseCommandLine } from "../cli/parse_command_line.ts";

const invocation = (words: string[], env: Record<string, string> = {}) =>
  parseCommandLine(["run", ...words, "--", "true"], { env: { HOME: "/home/ada", ...env }, cwd: "/project" });

describe("toolEnvironment()", () => {
  it("leaves the environment alone when no flag overrides it", () => {
    assertEquals(toolEnvironment(invocation([], { STIGMER_PORT: "7300", STIGMER_HOME: "/h" })), {});
  });

  it("passes on the home and the external Temporal that flags select, as absolute paths", () => {
    assertEquals(toolEnvironment(invocation(["--home", "h"])), { STIGMER_HOME: "/project/h" });
    assertEquals(toolEnvironment(invocation(["--address", "a:1"])), { STIGMER_ADDRESS: "a:1" });
    assertEquals(toolEnvironment(invocation(["--managed=false"])), { STIGMER_MANAGED: "false" });
  });

  it("passes on the project, wherever the command works, and that there is to be none", () => {
    const values = new Map();
    const project = {
      path: "/p/f.yaml",
      file: { path: "/p/f.yaml", kind: "project" as const, values, processes: [] },
      fault: null,
    };
    assertEquals(toolEnvironment({ ...invocation([]), project }), { STIGMER_PROJECT: "/p/f.yaml" });
    assertEquals(toolEnvironment(invocation(["--no-project"])), { STIGMER_PROJECT: "off" });
    const { STIGMER_PROJECT, STIGMER_OUTER_PROJECT } = ephemeralToolEnvironment({ ...invocation([]), project }, "/h");
    assertEquals([STIGMER_PROJECT, STIGMER_OUTER_PROJECT], ["off", "/p/f.yaml"], "its ports are another instance's");
  });

  it("unsets the variables that other flags override", () => {
    const { options, ...rest } = invocation(["--port", "7300", "--ip", "::1", "--version", "1.4.1"], {
      STIGMER_PORT: "7400",
      STIGMER_IP: "127.0.0.1",
    });
    assertEquals(toolEnvironment({ ...rest, options }), {
      STIGMER_PORT: null,
      STIGMER_IP: null,
      STIGMER_TEMPORAL_VERSION: null,
    });
  });
});

describe("ephemeralToolEnvironment()", () => {
  it("selects the ephemeral home, and unsets ports, database and connection of the caller", () => {
    const change = ephemeralToolEnvironment(invocation(["--ephemeral", "--home", "/h"]), "/tmp/stigmer-ephemeral-1");
    assertEquals([change["STIGMER_HOME"], change["STIGMER_OUTER_HOME"]], ["/tmp/stigmer-ephemeral-1", "/h"]);
    for (const name of ["PORT", "UI_PORT", "METRICS_PORT", "DB_FILENAME", "ADDRESS", "PROFILE", "MANAGED", "TLS"]) {
      assertEquals(change[`STIGMER_${name}`], null, name);
    }
    for (const name of ["STIGMER_NAMESPACE", "STIGMER_TEMPORAL_BIN", "STIGMER_LOG_LEVEL"]) {
      assertEquals(name in change, false, name);
    }
  });
});

describe("withOuterHome()", () => {
  it("leads a nested ephemeral instance to the caller's home, but not one with a home of its own", () => {
    const outer = { STIGMER_OUTER_HOME: "/h" };
    const within = { ...outer, STIGMER_HOME: "/tmp/stigmer-ephemeral-1", STIGMER_PROJECT: "off" };
    const { STIGMER_HOME, STIGMER_PROJECT } = withOuterHome({ ...within, STIGMER_OUTER_PROJECT: "/p/f.yaml" });
    assertEquals([STIGMER_HOME, STIGMER_PROJECT], ["/h", "/p/f.yaml"]);
    assertEquals(withOuterHome(within)["STIGMER_PROJECT"], "off");
    const own = { ...outer, STIGMER_HOME: "/other" };
    assertEquals([withOuterHome(own), withOuterHome(outer), withOuterHome({})], [own, outer, {}]);
  });
});
