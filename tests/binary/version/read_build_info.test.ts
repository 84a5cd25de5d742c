import { closeSync, openSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { readTemporalVersion } from "../../../lib/binary/version/query_version.ts";
import { readBuildInfo } from "../../../lib/binary/version/read_build_info.ts";
import { realTemporal, withTempDir } from "../../support.ts";

describe("readBuildInfo()", () => {
  it("tells what the real binary itself says", { skip: process.platform !== "linux" }, async () => {
    assertEquals(readBuildInfo(realTemporal()), await readTemporalVersion(realTemporal()));
  });

  it("tells nothing of what is no binary of Temporal's, or is cut", () =>
    withTempDir((folder) => {
      const head = new Uint8Array(4096);
      const fd = openSync(realTemporal(), "r");
      readSync(fd, head);
      closeSync(fd);
      const beyond = head.slice();
      beyond.fill(0xff, 40, 48); // the table is said to be at 2^64 - 1
      for (
        const [name, content] of [["cut", head], ["beyond", beyond], ["shim", "#!/bin/sh\n"], ["empty", ""]] as const
      ) {
        const path = join(folder, name);
        writeFileSync(path, content);
        assertEquals(readBuildInfo(path), null, name);
      }
      for (const path of ["/bin/sh", folder, join(folder, "none")]) assertEquals(readBuildInfo(path), null, path);
      return Promise.resolve();
    }));
});
