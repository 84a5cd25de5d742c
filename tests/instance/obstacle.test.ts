import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { describeObstacle, endOf, homeFact } from "../../lib/instance/obstacle.ts";
import { type FakeInstance, withFakeInstance } from "../fakes/instance.ts";

const obstacleOf = ({ system: { processes } }: FakeInstance, pid: number) =>
  describeObstacle({ pid, command: "cmd" }, processes);

describe("describeObstacle()", () => {
  it(
    "lets the Temporal of an instance be stopped by that instance",
    withFakeInstance(async (fake) => {
      const { home } = fake.paths;
      for (const lock of ["held", "deleted"] as const) {
        const { pid } = await fake.orphan({ lock, settings: { port: lock === "held" ? 7301 : 7302 } });
        const stop = `stigmer-local stop --home '${home}'`;
        assertEquals(obstacleOf(fake, pid), { who: `the Temporal of ${home} (pid ${pid})`, remedy: stop, home });
        assertEquals(endOf(obstacleOf(fake, pid)), `Stop it with \`${stop}\``);
        assertEquals(homeFact(obstacleOf(fake, pid)), { home });
        fake.system.kill(pid, "SIGKILL");
      }
    }),
  );

  it(
    "knows a child of Temporal by its group",
    withFakeInstance(async (fake) => {
      const temporal = await fake.orphan();
      const child = fake.system.table.fork(temporal);
      assertEquals(obstacleOf(fake, child.pid).home, fake.paths.home);
    }),
  );

  it(
    "knows the supervisor by its lock",
    withFakeInstance(async (fake) => {
      const { pid } = fake.system.table.spawn({}, 1);
      await fake.passLock(fake.paths.supervisorLock, fake.system.table.get(pid)!);
      assertEquals(obstacleOf(fake, pid).who, `the supervisor of ${fake.paths.home} (pid ${pid})`);
    }),
  );

  it(
    "kills what belongs to no instance, or cannot be seen",
    withFakeInstance(async (fake) => {
      const other = fake.system.table.spawn({}, 1);
      await fake.passLock(`${fake.paths.home}/other.lock`, other);
      for (const pid of [other.pid, fake.system.table.spawn({ isOtherUsers: true }, 1).pid, 4_000_000]) {
        const obstacle = obstacleOf(fake, pid);
        assertEquals(obstacle, { who: `pid ${pid} (cmd)`, remedy: `kill ${pid}`, home: null });
        assertEquals([endOf(obstacle), homeFact(obstacle)], ["End that process", {}]);
      }
      assertEquals([endOf(null), homeFact(null)], ["End that process", {}]);
    }),
  );
});
