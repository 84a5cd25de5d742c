import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { byAge, logsToRemove, rotatedAtMs, type RotatedLog, rotatedName } from "../../lib/logs/retention.ts";

const AT = Date.parse("2026-11-23T05:59:01.123Z");
const DAY_MS = 24 * 60 * 60 * 1000;

describe("rotatedName()", () => {
  it("puts the time into the name, and a number if that is not unique", () => {
    assertEquals(rotatedName("temporal.log", AT), "temporal-20261123T055901123Z.log");
    assertEquals(rotatedName("temporal.log", AT, 2), "temporal-20261123T055901123Z-2.log");
  });
});

describe("rotatedAtMs()", () => {
  it("reads the time back from every name that rotatedName() gives", () => {
    fc.assert(fc.property(
      fc.integer({ min: 0, max: Date.parse("9999-12-31T23:59:59.999Z") }),
      fc.nat(1000),
      fc.constantFrom("temporal.log", "supervisor.log", "a.b-c.log"),
      (at, sequence, current) => assertEquals(rotatedAtMs(rotatedName(current, at, sequence), current), at),
    ));
  });

  it("is null for anything but a rotated log of this one", () => {
    const others = [
      "temporal.log",
      "temporal-.log",
      "supervisor-20261123T055901123Z.log",
      "temporal-20261123T055901123Z.log.gz",
      "temporal-old-20261123T055901123Z.log",
      "temporal-20261123T055901Z.log",
      "temporal-20261323T055901123Z.log",
      "temporal-20261123T055901123Z-.log",
      "xtemporal-20261123T055901123Z.log",
      "my notes.log",
    ];
    for (const name of others) assertEquals(rotatedAtMs(name, "temporal.log"), null, name);
  });

  it("never throws", () => {
    fc.assert(fc.property(fc.string(), fc.string(), (name, current) => {
      rotatedAtMs(name, current);
      rotatedAtMs(`temporal-${name}.log`, "temporal.log");
    }));
  });
});

describe("byAge()", () => {
  it("keeps the order of logs that were rotated in the same ms", () => {
    const logs = [10, 2, 0, 1].map((sequence) => ({
      name: rotatedName("t.log", AT, sequence),
      rotatedAtMs: AT,
      sizeBytes: 0,
    }));
    const before = { name: rotatedName("t.log", AT - 1, 99), rotatedAtMs: AT - 1, sizeBytes: 0 };
    const sorted = [...logs, before].sort(byAge).map(({ name }) => name);
    assertEquals(sorted, [before.name, ...[0, 1, 2, 10].map((sequence) => rotatedName("t.log", AT, sequence))]);
  });
});

describe("logsToRemove()", () => {
  const policy = { logMaxSizeBytes: 10, logMaxAgeS: 7 * DAY_MS / 1000, logMaxTotalBytes: 100 };
  const log = (daysAgo: number, sizeBytes: number): RotatedLog => ({
    name: `${daysAgo} days`,
    rotatedAtMs: AT - daysAgo * DAY_MS,
    sizeBytes,
  });

  it("removes logs older than the maximum age", () => {
    assertEquals(logsToRemove([log(1, 1), log(8, 1), log(7, 1), log(9, 1)], AT, policy), ["9 days", "8 days"]);
  });

  it("removes the oldest until the rest fits", () => {
    assertEquals(logsToRemove([log(1, 50), log(2, 50), log(3, 50), log(4, 50)], AT, policy), ["4 days", "3 days"]);
    assertEquals(logsToRemove([log(1, 50), log(2, 50)], AT, policy), []);
  });

  it("keeps the newest one, however large it is", () => {
    assertEquals(logsToRemove([log(1, 500), log(2, 50)], AT, policy), ["2 days"]);
    assertEquals(logsToRemove([log(8, 500)], AT, policy), ["8 days"]);
  });

  it("keeps within both limits, and no less than they allow", () => {
    const anyLogs = fc.array(
      fc.record({ rotatedAtMs: fc.integer({ min: AT - 10 * DAY_MS, max: AT }), sizeBytes: fc.nat(60) }),
    )
      .map((all) => all.map((each, at) => ({ ...each, name: `log ${at}` })));
    fc.assert(fc.property(anyLogs, (logs) => {
      const removed = logsToRemove(logs, AT, policy);
      const kept = logs.filter(({ name }) => !removed.includes(name)).sort(byAge);
      const total = kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      assert(total <= policy.logMaxTotalBytes);
      assert(kept.every(({ rotatedAtMs }) => AT - rotatedAtMs <= policy.logMaxAgeS * 1000));
      // The newest removed log was too old, or one too many.
      const last = logs.filter(({ name }) => removed.includes(name)).sort(byAge).at(-1);
      if (last !== undefined) {
        assert(AT - last.rotatedAtMs > policy.logMaxAgeS * 1000 || total + last.sizeBytes > policy.logMaxTotalBytes);
      }
      // Every kept log is newer than every removed one.
      if (last !== undefined && kept.length > 0) assert(byAge(last, kept[0]!) < 0);
    }));
  });
});
