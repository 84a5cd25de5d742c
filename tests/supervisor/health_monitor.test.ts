import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { DEFAULT_HEALTH_POLICY } from "../../lib/config/policy.ts";
import type { ProbeResult } from "../../lib/instance/status/probe.ts";
import {
  checkInMotion,
  type HealthVerdict,
  judgeCheck,
  LATE_MS,
  watchHealth,
} from "../../lib/supervisor/health_monitor.ts";

const SICK: ProbeResult = { ok: false, problem: "no answer" };
/** The grid of these tests; how long things take plays no part in them. */
const policy = { ...DEFAULT_HEALTH_POLICY, intervalMs: 1, timeoutMs: 60_000 };

describe("judgeCheck()", () => {
  it("takes a check that passed for health, however late", () => {
    assertEquals(judgeCheck(true, 0, 5, 1000), "healthy");
    assertEquals(judgeCheck(true, 3_600_000, 3_600_000, 1000), "healthy");
  });

  it("takes one that failed in time for sickness", () => {
    assertEquals(judgeCheck(false, 0, 5, 1000), "sick");
    assertEquals(judgeCheck(false, LATE_MS, 1000 + LATE_MS, 1000), "sick");
  });

  it("concludes nothing from a failure of a machine that slept or stalled", () => {
    assertEquals(judgeCheck(false, LATE_MS + 1, 5, 1000), "inconclusive");
    assertEquals(judgeCheck(false, 0, 1000 + LATE_MS + 1, 1000), "inconclusive");
  });
});

describe("watchHealth()", () => {
  it("reports each check in turn, with what was wrong", async () => {
    const answers: ProbeResult[] = [{ ok: true }, SICK, { ok: true }];
    const reports: [HealthVerdict, string][] = [];
    await new Promise<void>((resolve) => {
      const unwatch = watchHealth(policy, (timeoutMs) => {
        assertEquals(timeoutMs, policy.timeoutMs);
        return Promise.resolve(answers[reports.length]!);
      }, (verdict, problem) => {
        reports.push([verdict, problem]);
        if (reports.length < answers.length) return;
        unwatch();
        resolve();
      });
    });
    assertEquals(reports.map(([, problem]) => problem), ["", "no answer", ""]);
    assertEquals([reports[0]![0], reports[2]![0]], ["healthy", "healthy"]);
  });

  it("does not begin a check before the last one is over", async () => {
    let running = 0;
    let most = 0;
    let checks = 0;
    await new Promise<void>((resolve) => {
      const unwatch = watchHealth(policy, async () => {
        most = Math.max(most, ++running);
        await new Promise((resume) => setTimeout(resume, 3 * policy.intervalMs));
        running--;
        return SICK;
      }, () => {
        if (++checks < 5) return;
        unwatch();
        resolve();
      });
    });
    assertEquals(most, 1);
  });

  it("reports nothing of a check that was under way when it was ended", async () => {
    const reports: HealthVerdict[] = [];
    let checks = 0;
    let begin = () => {};
    let answer = (_result: ProbeResult) => {};
    const begun = new Promise<void>((resolve) => begin = resolve);
    const answered = new Promise<ProbeResult>((resolve) => answer = resolve);
    const unwatch = watchHealth(policy, () => {
      checks++;
      begin();
      return answered;
    }, (verdict) => void reports.push(verdict));
    await begun;
    unwatch();
    answer(SICK);
    // By then another check would have begun, and a report been made.
    await new Promise((resume) => setTimeout(resume, 20 * policy.intervalMs));
    assertEquals([reports, checks], [[], 1]);
  });

  it("checks nothing more once its report has ended it", async () => {
    let checks = 0;
    await new Promise<void>((resolve) => {
      const unwatch = watchHealth(policy, () => Promise.resolve({ ok: ++checks > 0 } as ProbeResult), () => {
        unwatch();
        resolve();
      });
    });
    await new Promise((resume) => setTimeout(resume, 20 * policy.intervalMs));
    assertEquals(checks, 1);
  });
});

describe("checkInMotion()", () => {
  it("makes a failed check again that met a standstill, and no other", async () => {
    const still = Promise.resolve();
    const later = Promise.resolve();
    const standstills = [still, later, later, later];
    const results: ProbeResult[] = [SICK, SICK, { ok: true }];
    assertEquals(await checkInMotion(() => standstills.shift()!, () => Promise.resolve(results.shift()!)), SICK);
    assertEquals(results, [{ ok: true }]);
    assertEquals(await checkInMotion(() => Promise.resolve(), () => Promise.resolve({ ok: true })), { ok: true });
  });

  it("checks nothing while Temporal stands still", async () => {
    let isStill = true;
    const standstill = new Promise<void>((resolve) =>
      setTimeout(() => {
        isStill = false;
        resolve();
      }, 20)
    );
    await checkInMotion(() => standstill, () => {
      assertEquals(isStill, false);
      return Promise.resolve(SICK);
    });
  });
});
