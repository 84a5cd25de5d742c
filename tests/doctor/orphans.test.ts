import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { checkOrphans } from "../../lib/doctor/check_instance.ts";
import type { DoctorContext } from "../../lib/doctor/context.ts";
import { instancePaths } from "../../lib/instance/paths.ts";
import { FakeMac } from "../fakes/fake_mac.ts";
import { withTempDir } from "../platform/support.ts";

describe("checkOrphans()", () => {
  it("knows a managed binary by its real path, in a home behind a link, as /tmp is on macOS", () =>
    withTempDir(async (folder) => {
      using mac = new FakeMac();
      mkdirSync(join(folder, "real", "bin"), { recursive: true });
      symlinkSync("real", join(folder, "link"));
      const executable = join(folder, "real", "bin", "temporal-1.5.1");
      const { pid } = mac.table.spawn({ argv: ["temporal", "operator"], executable, cwd: join(folder, "real") }, 1);
      for (const home of ["link", "real"].map((name) => join(folder, name))) {
        const context = { paths: instancePaths(home), processes: mac.processes, hasHome: true };
        const { state, detail } = await checkOrphans(context as unknown as DoctorContext);
        assertEquals([state, detail], [
          "warn",
          `pid ${pid} (temporal operator) belongs to this home, but has no supervisor`,
        ]);
      }
    }));
});
