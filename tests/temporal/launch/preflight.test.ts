import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import type { Settings } from "../../../lib/config/settings.ts";
import { LocalError } from "../../../lib/errors/local_error.ts";
import type { LaunchPlan } from "../../../lib/instance/context.ts";
import { refuseTakenPorts } from "../../../lib/temporal/launch/check_ports.ts";
import { refuseSecondUser } from "../../../lib/database/lock.ts";
import { refuseReplacement } from "../../../lib/temporal/launch/preflight.ts";
import { BINARY, type FakeInstance, withFakeInstance } from "../../fakes/instance.ts";
import type { FakeProcess } from "../../fakes/process_table.ts";

/** A process of this user that listens, and is none of ours. */
function portTaken(fake: FakeInstance, address: string, port: number): FakeProcess {
  const foreign = fake.system.table.spawn({ argv: ["nc", "-l", `${port}`] }, 1);
  fake.system.ports.listen(foreign, address, port);
  return foreign;
}

function refusal(fake: FakeInstance, settings: Partial<Settings>, own?: Settings): Promise<LocalError> {
  return assertRejects(() => refuseTakenPorts(fake.settings(settings), fake.system, own), LocalError);
}

/** With a UI and metrics, each on a port of its own. */
const ALL_PORTS: Partial<Settings> = {
  headless: false,
  port: 7233,
  uiPort: 8233,
  metricsPort: 9233,
  extraArgs: ["--http-port=7243"],
};

describe("the ports of a launch", () => {
  it(
    "may be taken when they are free",
    withFakeInstance((fake) => refuseTakenPorts(fake.settings(ALL_PORTS), fake.system)),
  );

  const ports = [[7233, "--port"], [8233, "--ui-port"], [9233, "--metrics-port"], [7243, "--http-port"]] as const;
  for (const [port, flag] of ports) {
    it(
      `are refused at once when another process listens on that of ${flag}, which the error names`,
      withFakeInstance(async (fake) => {
        const foreign = portTaken(fake, "127.0.0.1", port);
        const before = fake.system.nowMs();
        const error = await refusal(fake, ALL_PORTS);
        assertEquals(fake.system.nowMs(), before);
        assertEquals([error.code, error.facts["port"], error.facts["pid"]], ["port-taken", port, foreign.pid]);
        assertStringIncludes(error.message, `pid ${foreign.pid} (nc -l ${port})`);
        assertStringIncludes(error.hint!, flag);
        assertEquals(foreign.received, []);
      }),
    );
  }

  const addresses: [ip: string, foreign: string, taken: boolean][] = [
    ["127.0.0.1", "127.0.0.1", true],
    ["127.0.0.1", "0.0.0.0", true],
    ["127.0.0.1", "::", true],
    ["127.0.0.1", "::1", true], // where clients that say `localhost` may go
    ["127.0.0.1", "192.0.2.7", false],
    ["0.0.0.0", "127.0.0.1", true],
    ["0.0.0.0", "192.0.2.7", true],
    ["::1", "127.0.0.1", false],
    ["::1", "::", true],
  ];
  for (const [ip, address, isTaken] of addresses) {
    it(
      `${isTaken ? "are refused" : "may be taken"} on ${ip} when another process listens on ${address}`,
      withFakeInstance(async (fake) => {
        const foreign = portTaken(fake, address, 7233);
        if (!isTaken) return await refuseTakenPorts(fake.settings({ ip }), fake.system);
        const { facts } = await refusal(fake, { ip });
        assertEquals([facts["pid"], facts["address"]], [foreign.pid, address]);
      }),
    );
  }

  it(
    "are looked for where each of them is to listen",
    withFakeInstance(async (fake) => {
      portTaken(fake, "127.0.0.1", 8233);
      await refuseTakenPorts(fake.settings({ ...ALL_PORTS, uiIp: "192.0.2.7" }), fake.system);
      portTaken(fake, "192.0.2.7", 8233);
      assertEquals((await refusal(fake, { ...ALL_PORTS, uiIp: "192.0.2.7" })).facts["port"], 8233);
    }),
  );

  it(
    "need none for a UI that there is not",
    withFakeInstance(async (fake) => {
      portTaken(fake, "127.0.0.1", 8233);
      await refuseTakenPorts(fake.settings({ headless: true, uiPort: 8233 }), fake.system);
    }),
  );

  it(
    "may be those of the Temporal that makes place, and no others",
    withFakeInstance(async (fake) => {
      await fake.orphan({ settings: { port: 7233 } });
      const own = fake.settings({ port: 7233 });
      await refuseTakenPorts(fake.settings({ port: 7233 }), fake.system, own);
      portTaken(fake, "127.0.0.1", 7300);
      assertEquals((await refusal(fake, { port: 7300 }, own)).facts["port"], 7300);
    }),
  );

  it(
    "are not looked at where others will do as well",
    withFakeInstance(async (fake) => {
      portTaken(fake, "127.0.0.1", 7233);
      await refuseTakenPorts(fake.settings({ port: 7233 }), fake.system, undefined, [7233]);
    }),
  );

  it(
    "are refused when two of them are the same",
    withFakeInstance(async (fake) => {
      const { code, message } = await refusal(fake, { headless: false, port: 7233, uiPort: 7233 });
      assertEquals(code, "port-taken");
      for (const named of ["--port", "--ui-port", "7233"]) assertStringIncludes(message, named);
    }),
  );

  it(
    "are waited for while the kernel closes those of a process that is dead",
    withFakeInstance(async (fake) => {
      const { table, ports } = fake.system;
      const orphan = await fake.orphan();
      ports.linger(7233, 300);
      table.exit(orphan);
      assertEquals(await fake.system.canBind("127.0.0.1", 7233), "taken");
      await refuseTakenPorts(fake.settings(), fake.system);
    }),
  );

  it(
    "are not waited for longer than that takes",
    withFakeInstance(async (fake) => {
      fake.system.ports.linger(7233, 60_000);
      fake.system.table.exit(await fake.orphan());
      const { code, facts } = await refusal(fake, {});
      assertEquals([code, facts["pid"]], ["port-taken", null]);
    }),
  );

  it(
    "are refused when another user's process has one, which cannot be named",
    withFakeInstance(async (fake) => {
      portTaken(fake, "127.0.0.1", 7233).isOtherUsers = true;
      const { code, facts } = await refusal(fake, {});
      assertEquals([code, facts["pid"], facts["address"]], ["port-taken", null, "127.0.0.1"]);
    }),
  );
});

describe("the database of a launch", () => {
  it(
    "may be used when it is free",
    withFakeInstance((fake) => Promise.resolve(refuseSecondUser(fake.writeDatabase(), fake.system.processes))),
  );

  it(
    "is refused while another process has it open to write, which the error names",
    withFakeInstance((fake) => {
      const database = fake.writeDatabase();
      const user = fake.system.table.spawn({ argv: ["sqlite3", database] }, 1);
      fake.system.openFile(database, user);
      const error = assertThrows(() => refuseSecondUser(database, fake.system.processes), LocalError);
      assertEquals([error.code, error.facts["pid"]], ["database-busy", user.pid]);
      fake.system.table.exit(user);
      return Promise.resolve(refuseSecondUser(database, fake.system.processes));
    }),
  );

  it(
    "is refused when a server is started on it that has not opened it yet",
    withFakeInstance((fake) => {
      const database = fake.writeDatabase();
      const argv = ["temporal", "server", "start-dev", `--db-filename=${database}`];
      const { pid } = fake.system.table.spawn({ argv }, 1);
      const { facts } = assertThrows(() => refuseSecondUser(database, fake.system.processes), LocalError);
      assertEquals(facts["pid"], pid);
      return Promise.resolve();
    }),
  );

  it(
    "may be used while others read it, or name it in their arguments",
    withFakeInstance((fake) => {
      const database = fake.writeDatabase();
      fake.system.openFile(database, fake.system.table.spawn({ argv: ["cp", database, "/backup"] }, 1), "r");
      fake.system.table.spawn({ argv: ["stigmer-local", "start", "--db-filename", database] }, 1);
      return Promise.resolve(refuseSecondUser(database, fake.system.processes));
    }),
  );
});

describe("a launch for which a Temporal that works is to make place", () => {
  function replacing(
    fake: FakeInstance,
    next: Partial<Settings>,
    running: Partial<Settings> = {},
    auto: LaunchPlan["auto"] = [],
  ): Promise<void> {
    return refuseReplacement(
      { binary: BINARY, settings: fake.settings(next), auto },
      { binary: BINARY, settings: fake.settings(running) },
      fake.system,
    );
  }

  it(
    "may have its ports and its database",
    withFakeInstance(async (fake) => {
      const dbFilename = fake.writeDatabase();
      fake.system.openFile(dbFilename, await fake.orphan({ settings: { dbFilename } }));
      await replacing(fake, { dbFilename, logLevel: "error" }, { dbFilename });
    }),
  );

  it(
    "is refused for a port that another process has, unless any port will do",
    withFakeInstance(async (fake) => {
      await fake.orphan();
      portTaken(fake, "127.0.0.1", 7300);
      const error = await assertRejects(() => replacing(fake, { port: 7300 }), LocalError);
      assertEquals(error.code, "port-taken");
      await replacing(fake, { port: 7300 }, {}, ["port"]);
    }),
  );

  it(
    "is refused for a database that another process uses",
    withFakeInstance(async (fake) => {
      const dbFilename = fake.writeDatabase();
      const user = fake.system.table.spawn({ argv: ["sqlite3"] }, 1);
      fake.system.openFile(dbFilename, user);
      const error = await assertRejects(() => replacing(fake, { dbFilename }), LocalError);
      assertEquals([error.code, error.facts["pid"]], ["database-busy", user.pid]);
    }),
  );

  it(
    "is refused for a port of the HTTP API that another process has",
    withFakeInstance(async (fake) => {
      await fake.orphan();
      portTaken(fake, "127.0.0.1", 7243);
      const error = await assertRejects(() => replacing(fake, { httpPort: 7243 }, { httpPort: 7244 }), LocalError);
      assertEquals([error.code, error.facts["port"]], ["port-taken", 7243]);
    }),
  );

  it(
    "is refused for settings that Temporal does not accept, or a database that it cannot use",
    withFakeInstance(async (fake) => {
      const folder = join(fake.paths.home, "database");
      mkdirSync(folder);
      const cases: [next: Partial<Settings>, message: RegExp][] = [
        [{ searchAttributes: ["A", "B", "C", "D"].map((name) => `${name}=Text`) }, /^Too many search attributes/],
        [{ dbFilename: folder }, /it is a directory/],
        [{ dbFilename: join(folder, "none", "x.db") }, /does not exist/],
      ];
      for (const [next, message] of cases) {
        const error = await assertRejects(() => replacing(fake, next), LocalError);
        assertEquals([error.code, message.test(error.message)], ["launch-failed", true], error.message);
        assertStringIncludes(error.message, "; the running Temporal was not stopped");
      }
    }),
  );

  it(
    "is refused for a database of another instance, whose supervisor the error names",
    withFakeInstance(async (fake) => {
      const dbFilename = fake.writeDatabase();
      const other = fake.system.table.spawn({ argv: ["stigmer-local", "supervisor"] }, 1);
      await fake.passLock(`${dbFilename}.lock`, other);
      const error = await assertRejects(() => replacing(fake, { dbFilename }), LocalError);
      assertEquals([error.code, error.facts["pid"]], ["database-busy", other.pid]);
    }),
  );

  it(
    "leaves the lock of a database free that it only looked at",
    withFakeInstance(async (fake) => {
      const dbFilename = fake.writeDatabase();
      await replacing(fake, { dbFilename });
      assertEquals(fake.system.processes.lockHolders(`${dbFilename}.lock`), []);
    }),
  );
});
