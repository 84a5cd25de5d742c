import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { GuardedLock, type GuardVerdict, HeldHome } from "../../lib/instance/lock_guard.ts";
import { type FakeInstance, withFakeInstance } from "../fakes/instance.ts";
import type { FakeProcess } from "../fakes/process_table.ts";

/** What became of a lock file under its holder. */
const FATES = ["in place", "deleted", "replaced by a file that is not locked", "held by another process"] as const;
type Fate = (typeof FATES)[number];

/** A supervisor that holds its lock, and whose Temporal, if it has one, inherited `temporal.lock`. */
async function supervising(
  fake: FakeInstance,
  hasTemporal = true,
): Promise<{ guard: () => Promise<GuardVerdict>; temporal: FakeProcess | null }> {
  const { system, paths } = fake;
  const home = new HeldHome(paths, (await system.tryLock(paths.supervisorLock))!);
  const temporal = hasTemporal ? await fake.orphan({ record: null }) : null;
  const lock = new GuardedLock(home, paths.processLock);
  if (hasTemporal) lock.watch();
  return { temporal, guard: () => lock.guard(system) };
}

async function befall(fake: FakeInstance, path: string, fate: Fate): Promise<void> {
  if (fate === "in place") return;
  unlinkSync(path);
  if (fate === "replaced by a file that is not locked") writeFileSync(path, "");
  if (fate === "held by another process") await fake.passLock(path, fake.system.table.spawn({}, 1));
}

function holdersAt(fake: FakeInstance, path: string): number[] {
  return fake.system.processes.lockHolders(path).filter(({ on }) => on === "path").map(({ pid }) => pid);
}

describe("GuardedLock.guard()", () => {
  for (const ofSupervisor of FATES) {
    for (const ofTemporal of FATES) {
      const fates: Record<string, Fate> = { "supervisor.lock": ofSupervisor, "temporal.lock": ofTemporal };
      const isSuperseded = Object.values(fates).includes("held by another process");
      const mended = Object.keys(fates).filter((name) => fates[name] !== "in place");
      const verdict = isSuperseded ? "superseded" : mended.length > 0 ? `mended ${mended.join(" and ")}` : "ours";

      it(
        `says ${verdict}: supervisor.lock ${ofSupervisor}, temporal.lock ${ofTemporal}`,
        withFakeInstance(async (fake) => {
          const { system, paths } = fake;
          const { guard, temporal } = await supervising(fake);
          await befall(fake, paths.supervisorLock, ofSupervisor);
          await befall(fake, paths.processLock, ofTemporal);
          const said = await guard();
          const self = system.table.self.pid;

          assertEquals(said.kind, isSuperseded ? "superseded" : mended.length > 0 ? "recreated" : "ours");
          if (said.kind === "recreated") assertEquals(said.files, mended.map((name) => `${paths.home}/${name}`));
          if (said.kind !== "superseded") {
            assertEquals(await guard(), { kind: "ours" });
            assertEquals(holdersAt(fake, paths.supervisorLock), [self]);
            assertEquals(holdersAt(fake, paths.processLock), [ofTemporal === "in place" ? temporal!.pid : self]);
          }
          // Whatever the verdict, no process is signalled, and another process keeps its lock.
          assertEquals([system.signals.sent, temporal!.received], [[], []]);
          if (ofSupervisor === "held by another process") assert(!holdersAt(fake, paths.supervisorLock).includes(self));
          if (ofTemporal === "held by another process") assert(!holdersAt(fake, paths.processLock).includes(self));
        }),
      );
    }
  }

  it(
    "asks nothing of temporal.lock while there is no Temporal",
    withFakeInstance(async (fake) => {
      const { guard } = await supervising(fake, false);
      assertEquals(await guard(), { kind: "ours" });
      await fake.passLock(fake.paths.processLock, fake.system.table.spawn({}, 1));
      assertEquals(await guard(), { kind: "ours" });
    }),
  );

  it(
    "mends the substitute for Temporal's lock as often as it is deleted",
    withFakeInstance(async (fake) => {
      const { guard, temporal } = await supervising(fake);
      for (let n = 0; n < 3; n++) {
        unlinkSync(fake.paths.processLock);
        assertEquals(await guard(), {
          kind: "recreated",
          files: [fake.paths.processLock],
        });
      }
      const holders = fake.system.processes.lockHolders(fake.paths.processLock);
      assertEquals(
        holders.map(({ pid, on }) => [pid, on]).sort(),
        [
          [temporal!.pid, "deleted"],
          [fake.system.table.self.pid, "path"],
        ].sort(),
      );
    }),
  );

  it(
    "gives way when another process holds the lock in place of the substitute",
    withFakeInstance(async (fake) => {
      const { guard } = await supervising(fake);
      await befall(fake, fake.paths.processLock, "deleted");
      await guard();
      await befall(fake, fake.paths.processLock, "held by another process");
      assertEquals(await guard(), { kind: "superseded" });
    }),
  );

  const homes: Record<string, (home: string) => void> = {
    "was deleted": (home) => rmSync(home, { recursive: true }),
    "was moved": (home) => renameSync(home, `${home}-moved`),
    "was replaced by another folder": (home) => {
      renameSync(home, `${home}-moved`);
      mkdirSync(home);
    },
    "was replaced by a file": (home) => {
      rmSync(home, { recursive: true });
      writeFileSync(home, "");
    },
  };
  for (const [fate, befallHome] of Object.entries(homes)) {
    it(
      `says homeDeleted, and makes nothing at its path, when the home ${fate}`,
      withFakeInstance(async (fake) => {
        const { guard } = await supervising(fake);
        try {
          befallHome(fake.paths.home);
          assertEquals(await guard(), { kind: "homeDeleted" });
          assertEquals([existsSync(fake.paths.supervisorLock), existsSync(fake.paths.processLock)], [false, false]);
        } finally {
          rmSync(`${fake.paths.home}-moved`, { recursive: true, force: true });
        }
      }),
    );
  }

  it(
    "knows the home behind a link that stands in its place",
    withFakeInstance(async (fake) => {
      const { guard } = await supervising(fake);
      const moved = `${fake.paths.home}-moved`;
      try {
        renameSync(fake.paths.home, moved);
        symlinkSync(moved, fake.paths.home);
        assertEquals(await guard(), { kind: "ours" });
      } finally {
        rmSync(moved, { recursive: true, force: true });
      }
    }),
  );
});
