import { describe, it } from "node:test";
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { AutoPort } from "../../../lib/config/auto_ports.ts";
import type { Settings } from "../../../lib/config/settings.ts";
import { LocalError } from "../../../lib/errors/local_error.ts";
import type { LaunchPlan } from "../../../lib/instance/context.ts";
import { readPortsFile, writePortsFile } from "../../../lib/instance/ports_file.ts";
import { PortAllocation } from "../../../lib/temporal/launch/allocate_ports.ts";
import { BINARY, type FakeInstance, withFakeInstance } from "../../fakes/instance.ts";

const BOTH: readonly AutoPort[] = ["port", "uiPort"];

function planOf(fake: FakeInstance, auto: readonly AutoPort[], settings: Partial<Settings> = {}): LaunchPlan {
  return {
    binary: BINARY,
    auto: [...auto],
    settings: fake.settings({ headless: false, port: 0, uiPort: 0, ...settings }),
  };
}

async function portsOf(fake: FakeInstance, plan: LaunchPlan): Promise<[port: number, uiPort: number]> {
  const allocation = new PortAllocation(fake.instance, (message) => fake.warnings.push(message));
  const { settings } = await allocation.choose(plan);
  return [settings.port, settings.uiPort];
}

function take(fake: FakeInstance, port: number, address = "127.0.0.1"): void {
  fake.system.ports.listen(fake.system.table.spawn({ argv: ["nc", "-l", `${port}`] }, 1), address, port);
}

describe("PortAllocation", () => {
  it(
    "takes two free ports, and the same again at the next start",
    withFakeInstance(async (fake) => {
      assertEquals(await portsOf(fake, planOf(fake, BOTH)), [40_000, 40_001]);
      assertEquals(readPortsFile(fake.paths), { port: 40_000, uiPort: 40_001 });
      assertEquals(await portsOf(fake, planOf(fake, BOTH)), [40_000, 40_001]);
      assertEquals(fake.warnings, []);
    }),
  );

  it(
    "takes others, and warns, when another process has a saved one",
    withFakeInstance(async (fake) => {
      writePortsFile(fake.paths, { port: 30_000, uiPort: 30_001 });
      take(fake, 30_001);
      assertEquals(await portsOf(fake, planOf(fake, BOTH)), [40_000, 40_001]);
      assertEquals(fake.warnings.length, 1);
      assertMatch(fake.warnings[0]!, /^Port 30001 .*it was saved for this home, which now uses port 40000$/);
    }),
  );

  it(
    "never gives one port twice, nor one that is requested by number, nor one that is taken on ::1",
    withFakeInstance(async (fake) => {
      take(fake, 40_000, "::1");
      fake.system.ports.nextPorts.push(30_000, 30_000, 30_001, 9233);
      const plan = planOf(fake, BOTH, { metricsPort: 9233 });
      assertEquals(await portsOf(fake, plan), [40_002, 40_003]);
    }),
  );

  it(
    "leaves a port alone that is requested by number, also when it is taken",
    withFakeInstance(async (fake) => {
      assertEquals(await portsOf(fake, planOf(fake, ["uiPort"], { port: 7233 })), [7233, 40_001]);
      take(fake, 7233);
      const error = await assertRejects(() => portsOf(fake, planOf(fake, ["uiPort"], { port: 7233 })), LocalError);
      assertEquals([error.code, error.facts["port"]], ["port-taken", 7233]);
    }),
  );

  it(
    "gives up when the ports are gone each time",
    withFakeInstance(async (fake) => {
      take(fake, 30_000);
      fake.system.ports.nextPorts.push(...Array.from({ length: 100 }, () => 30_000));
      const error = await assertRejects(() => portsOf(fake, planOf(fake, BOTH)), LocalError);
      assertEquals([error.code, error.facts["port"]], ["port-taken", 30_000]);
    }),
  );
});
