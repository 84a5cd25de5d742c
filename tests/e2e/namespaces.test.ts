import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { DoctorReport } from "../../lib/doctor/findings.ts";
import type { Status } from "../../lib/instance/status/status.ts";
import {
  assertNothingLeft,
  type Ended,
  isAlive,
  launch,
  ownTool,
  type TestInstance,
  until,
  withInstance,
} from "./support.ts";
import { killHard, pidsOf } from "./support_lifecycle.ts";

/** A container that shares the home: PIDs, `/proc` and the network are its own. */
const CONTAINER = ["unshare", "--net", "--pid", "--fork", "--mount-proc"];

function whyNot(): string | false {
  if (process.platform !== "linux") return "namespaces exist on Linux only";
  const { status, stderr, error } = spawnSync(CONTAINER[0]!, [...CONTAINER.slice(1), "true"], { encoding: "utf8" });
  return status === 0 ? false : `NOT TESTED, no namespace can be created here: ${error?.message ?? stderr.trim()}`;
}

/** Runs the tool in a container. */
function inside({ home }: TestInstance, [command, ...args]: readonly string[]): Promise<Ended> {
  return launch([...CONTAINER, ...ownTool(), command!, "--home", home, ...args]).ended;
}

async function checksInside(instance: TestInstance, ...flags: string[]): Promise<Record<string, string>> {
  const { stdout } = await inside(instance, ["doctor", "--json", ...flags]);
  const { checks } = JSON.parse(stdout) as DoctorReport;
  return Object.fromEntries(checks.map(({ name, state, detail }) => [name, `${state}: ${detail}`]));
}

describe("as PID 1 of a container", { skip: whyNot() }, () => {
  it("start --foreground stops at SIGTERM, and leaves nothing", () =>
    withInstance(async (instance) => {
      const flags = ["--home", instance.home, ...instance.ports];
      const shared = CONTAINER.filter((flag) => flag !== "--net");
      const container = launch([...shared, ...ownTool(), "start", "--foreground", ...flags]);
      await until("Temporal is ready", async () => (await instance.now())?.healthy);
      const first = readFileSync(`/proc/${container.pid}/task/${container.pid}/children`, "utf8");
      process.kill(Number(first), "SIGTERM");
      const { code, stderr } = await container.ended;
      assertEquals(code, 0, stderr);
      assertNothingLeft(instance, []);
    }));

  it("start refuses what would be killed with it, and says what stays", () =>
    withInstance(async (instance) => {
      const { code, stderr } = await inside(instance, ["start", "--headless"]);
      assertEquals(code, 2, stderr);
      assertMatch(stderr, /^error: This command is PID 1 .*\nhint: `stigmer-local start .*--foreground/);
      assertEquals((await instance.status()).state, "stopped");
      const operator = launch([
        ...CONTAINER.filter((flag) => flag !== "--net"),
        ...ownTool(),
        ...["--home", instance.home, ...instance.ports, "temporal", "operator", "cluster", "health"],
      ]);
      const { code: used, stdout, stderr: said } = await operator.ended;
      assertEquals([used, stdout.trim()], [0, "SERVING"], said);
    }));
});

describe("in a container that shares the home", { skip: whyNot() }, () => {
  it("no command calls a Temporal healthy that cannot be reached from there, or touches it", () =>
    withInstance(async (instance) => {
      const { temporal, supervisor } = pidsOf(await instance.start(["--headless"]));
      for (const command of [["start"], ["wait", "--timeout", "60"], ["run", "--", "true"]]) {
        const { code, stderr } = await inside(instance, command);
        assertEquals(code, 1, command[0]);
        assertMatch(
          stderr,
          /^error: Temporal is running, but .* cannot be reached from here .* another network namespace/m,
        );
        assertStringIncludes(stderr, "\nhint: ");
      }
      const status = await inside(instance, ["status", "--json"]);
      const seen = JSON.parse(status.stdout) as Status;
      assertEquals([status.code, seen.state, seen.healthy], [4, "running", false]);
      assertEquals(seen.checks.filter(({ ok }) => !ok).map(({ name }) => name), ["reach"]);
      assertStringIncludes((await inside(instance, ["env"])).stderr, "cannot be reached from here");

      const { instance: about, locks, record } = await checksInside(instance);
      assertMatch(about!, /^fail: Temporal is running, but .* cannot be reached from here/);
      assertMatch(locks!, /^warn: supervisor\.lock is held by .*temporal\.lock is held by .* cannot be seen from here/);
      assertMatch(record!, /^ok: describes a process that cannot be seen/);
      assert(isAlive(temporal));
      assertEquals((await instance.status()).exitCode, 0);

      // Not even doctor --fix touches a Temporal that holds its lock.
      await killHard(supervisor);
      const alone = await inside(instance, ["status", "--json"]);
      const unsupervised = JSON.parse(alone.stdout) as Status;
      assertEquals([alone.code, unsupervised.state, unsupervised.healthy], [4, "unknown", false]);
      assertMatch(unsupervised.checks[0]!.detail, /temporal\.lock is held by a process that cannot be seen/);
      const fixed = await checksInside(instance, "--fix");
      assertMatch(fixed["locks"]!, /^warn: temporal\.lock is held by a process that cannot be seen/);
      for (const path of [instance.paths.record, instance.paths.controlSocket]) assert(existsSync(path), path);
      const again = await instance.start(["--headless"]);
      assertEquals([again.temporal?.pid, again.temporal?.adopted], [temporal, true]);
    }));
});
