import { truncateSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { DoctorReport } from "../../lib/doctor/findings.ts";
import { isAlive, signalIfThere, until, withInstance } from "./support.ts";
import { startWorkflows } from "./support_data.ts";
import { pidsOf } from "./support_lifecycle.ts";
import { withFileSystem } from "./support_places.ts";

const FULL = /[Tt]he disk is full: only [\d.]+ k?B free at \S+/;

describe("on a full disk", () => {
  it("a first start says so, and not that the binary is damaged", (t) =>
    withFileSystem(t, "3m", ({ path, fill }) =>
      withInstance(async (instance) => {
        const filler = fill();
        truncateSync(filler, 3 * 1024 * 1024 - 64 * 1024); // enough for the locks, but not for the log or a database
        const { code, stderr } = await instance.run(["start", "--headless"]);
        assertEquals(code, 1);
        assertMatch(stderr, FULL);
        assertStringIncludes(stderr, "hint: Free some space");
        const { failure } = await instance.status();
        assertMatch(failure?.message ?? "", FULL);
        unlinkSync(filler);
        await instance.start(["--headless"]);
      }, join(path, "home"))));

  it("status is unhealthy, and healthy again when there is space", (t) =>
    withFileSystem(t, "3m", ({ path, fill }) =>
      withInstance(async (instance) => {
        const { temporal } = await instance.start(["--headless", "--db-filename", join(path, "temporal.db")]);
        const filler = fill();
        const seen = await instance.status();
        assertEquals([seen.exitCode, seen.state, seen.healthy], [4, "unhealthy", false]);
        const data = seen.checks.find(({ name }) => name === "data");
        assertEquals(data?.ok, false);
        assertMatch(data!.detail, /^only [\d.]+ k?B free at /);
        const doctor = await instance.run(["doctor", "--json"]);
        const check = (JSON.parse(doctor.stdout) as DoctorReport).checks.find(({ name }) => name === "instance");
        assertEquals([check?.state, check?.remedy], ["fail", "Free some space for the database and the logs"]);
        unlinkSync(filler);
        await until("it writes again", () => startWorkflows(instance, ["written"]).then(() => true, () => false));
        truncateSync(instance.paths.temporalLog); // a logged error of a write counts for 30 s
        await until("it is healthy again", async () => (await instance.now())?.healthy);
        assert(isAlive(temporal!.pid), "a full disk is no reason for a restart");
      })));

  it("a supervisor that gives up says why", (t) =>
    withFileSystem(t, "3m", ({ path, fill }) =>
      withInstance(async (instance) => {
        const { temporal, supervisor } = pidsOf(await instance.start(["--headless", "--max-restarts", "1"]));
        fill();
        process.kill(temporal, "SIGKILL");
        await until("the supervisor has given up", async () => {
          const again = (await instance.now())?.temporal?.pid; // Temporal may serve for a while without space
          if (again !== undefined) signalIfThere(again, "SIGKILL");
          return !isAlive(supervisor);
        });
        const { failure, warnings } = await instance.status();
        assertMatch(warnings?.join("\n") ?? "", FULL);
        if (failure === undefined) return; // there was no space for it
        assertEquals(failure.code, "gave-up");
        assertMatch(failure.message, FULL);
        assertMatch(failure.hint!, /^Free some space .*`stigmer-local start --home .*` tries again/);
      }, join(path, "home"))));
});
