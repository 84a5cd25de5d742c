import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { LocalError } from "../../../lib/errors/local_error.ts";
import { DARWIN_TOOLS, runTool, runToolLater } from "../../../lib/platform/processes/run_tool.ts";
import { withTempDir } from "../support.ts";

const SH = { sh: { path: "/bin/sh" } };

/** Runs `body` with variables of this process set. */
function withVariables(variables: Record<string, string>, body: () => void): void {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  try {
    body();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

function failureOf(tool: string, places: Parameters<typeof runTool>[2]): LocalError {
  return assertThrows(() => runTool(tool, ["-n"], places), LocalError);
}

describe("runTool()", () => {
  it("returns the output of a tool that complains and fails", () => {
    assertEquals(runTool("sh", ["-c", "echo yes; echo no >&2; exit 1"], SH), "yes\n");
  });

  it("fixes zone, locale and dialect, whatever those of this process are", () =>
    withVariables({ TZ: "Asia/Tokyo", LC_ALL: "de_DE.UTF-8", LC_TIME: "en_GB", COMMAND_MODE: "legacy" }, () => {
      assertEquals(
        runTool("sh", ["-c", 'echo "$TZ,$LANG,$LC_ALL,$LC_TIME,$LC_CTYPE,$COMMAND_MODE"; date -d @0 +%H'], SH),
        "UTC0,C,,C,UTF-8,unix2003\n00\n",
      );
    }));

  it("runs the system's own tools, whatever PATH has first", () => {
    for (const { path } of Object.values(DARWIN_TOOLS)) assertMatch(path, /^\/(usr\/)?s?bin\/\w+$/);
    return withTempDir((folder) => {
      writeFileSync(join(folder, "ls"), "#!/bin/sh\necho planted\n", { mode: 0o755 });
      withVariables({ PATH: `${folder}:${process.env["PATH"]}` }, () => {
        assert(!runTool("sh", ["-c", "ls /"], SH).includes("planted"));
      });
    });
  });

  it("limits the descriptors of lsof, which would close each of them", () => {
    const places = { lsof: { path: "/bin/sh", maxDescriptors: DARWIN_TOOLS["lsof"]!.maxDescriptors! } };
    assertEquals(runTool("lsof", ["-c", 'ulimit -n; echo "$1"', "sh", "a  b"], places), "256\na  b\n");
  });

  for (const maxDescriptors of [undefined, 256]) {
    const started = maxDescriptors === undefined ? "directly" : "with a limit of descriptors";
    const place = (path: string) => ({ ps: maxDescriptors === undefined ? { path } : { path, maxDescriptors } });

    it(`reports a missing tool that is started ${started}`, () => {
      const { code, message, hint, facts } = failureOf("ps", place("/no/such/ps"));
      assertEquals([code, message], ["internal", "Cannot run ps: /no/such/ps was not found"]);
      assertMatch(hint ?? "", /part of macOS/);
      assertEquals(facts["path"], "/no/such/ps");
    });

    it(`reports a tool that may not be executed, as in a sandbox, if it is started ${started}`, () =>
      withTempDir((folder) => {
        const path = join(folder, "ps");
        writeFileSync(path, "#!/bin/sh\necho ran\n");
        chmodSync(path, 0o644);
        const { code, message, hint } = failureOf("ps", place(path));
        assertEquals([code, message], ["internal", `Cannot run ps: permission to execute ${path} is denied`]);
        assertMatch(hint ?? "", /In a sandbox, allow \/bin\/ps, \/usr\/sbin\/lsof/);
      }));
  }

  it("reports a tool that was killed", () => {
    const error = assertThrows(() => runTool("sh", ["-c", "kill -9 $$"], SH), LocalError);
    assertMatch(error.message, /^Cannot run sh: it failed \(SIGKILL\)$/);
  });
});

describe("runToolLater()", () => {
  const failureLater = (path: string) => assertRejects(() => runToolLater("ps", [], { ps: { path } }), LocalError);

  it("runs a tool as runTool() does, and lets others work meanwhile", async () => {
    let isFirst = false;
    const running = runToolLater("sh", ["-c", 'echo "$TZ,$LC_ALL"; exit 1'], SH).then((output) => [output, isFirst]);
    await Promise.resolve();
    isFirst = true;
    assertEquals(await running, ["UTC0,\n", true]);
  });

  it("reports a missing tool, one that may not be executed, and one that was killed", () =>
    withTempDir(async (folder) => {
      const path = join(folder, "ps");
      assertMatch((await failureLater(path)).message, /was not found$/);
      writeFileSync(path, "#!/bin/sh\n", { mode: 0o644 });
      const refused = await failureLater(path);
      assertMatch(refused.message, /permission to execute .* is denied$/);
      assertMatch(refused.hint ?? "", /In a sandbox/);
      const killed = await assertRejects(() => runToolLater("sh", ["-c", "kill -9 $$"], SH), LocalError);
      assertMatch(killed.message, /^Cannot run sh: it failed \(SIGKILL\)$/);
    }));
});
