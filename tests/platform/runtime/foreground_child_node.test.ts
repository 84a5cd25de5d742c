import { spawnSync } from "node:child_process";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { foregroundStdio } from "../../../lib/platform/runtime/foreground_child_node.ts";
import { isDeno } from "../../../lib/platform/runtime/host.ts";
import { withTempDir } from "../support.ts";

describe("foregroundStdio()", () => {
  it("passes on macOS the open descriptors that arguments name, under their numbers", () =>
    withTempDir((folder) => {
      writeFileSync(join(folder, "a"), "text");
      const fd = openSync(join(folder, "a"), "r");
      try {
        const args = ["-x", `/dev/fd/${fd}`, `--file=/dev/fd/${fd}`, "/dev/fd/1", "/dev/fd/999", "/dev/fd/", "fd/3"];
        const stdio = foregroundStdio(args, "darwin");
        assertEquals([stdio.slice(0, 3), stdio.length, stdio[fd]], [Array(3).fill("inherit"), fd + 1, fd]);
        assertEquals(stdio.slice(3, fd), Array(fd - 3).fill("ignore"));
        assertEquals(foregroundStdio(args, "linux"), Array(3).fill("inherit"));
        assertEquals(foregroundStdio(["a", "b"], "darwin"), Array(3).fill("inherit"));
        if (isDeno) return; // its spawn knows only descriptors that it opened, and leaves all open anyway
        const [stdin, , ...rest] = stdio;
        const { stdout } = spawnSync("cat", [`/dev/fd/${fd}`], { encoding: "utf8", stdio: [stdin!, "pipe", ...rest] });
        assertEquals(stdout, "text");
      } finally {
        closeSync(fd);
      }
    }));
});
