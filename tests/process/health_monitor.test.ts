import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import type { EventLog } from "../../lib/instance/event_log.ts";
import type { ProbeResult } from "../../lib/instance/status/probe.ts";
import {
  HealthMonitor,
  type HealthVerdict,
  judgeCheck,
  LATE_MS,
  watchHealth,
} from "../../lib/process/health_monitor.ts";

const SICK: ProbeResult = { ok: false, problem: "no answer" };
/** The grid of these tests; how long things take plays no part in them. */
const timing = { intervalMs: 1, timeoutMs: 60_000 };

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
      const unwatch = watchHealth(timing, (timeoutMs) => {
        assertEquals(timeoutMs, timing.timeoutMs);
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
      const unwatch = watchHealth(timing, async () => {
        most = Math.max(most, ++running);
        await new Promise((resume) => setTimeout(resume, 3 * timing.intervalMs));
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
    const unwatch = watchHealth(timing, () => {
      checks++;
      begin();
      return answered;
    }, (verdict) => void reports.push(verdict));
    await begun;
    unwatch();
    answer(SICK);
    // By then another check would have begun, and a report been made.
    await new Promise((resume) => setTimeout(resume, 20 * timing.intervalMs));
    assertEquals([reports, checks], [[], 1]);
  });

  it("checks nothing more once its report has ended it", async () => {
    let checks = 0;
    await new Promise<void>((resolve) => {
      const unwatch = watchHealth(timing, () => Promise.resolve({ ok: ++checks > 0 } as ProbeResult), () => {
        unwatch();
        resolve();
      });
    });
    await new Promise((resume) => setTimeout(resume, 20 * timing.intervalMs));
    assertEquals(checks, 1);
  });
});

describe("HealthMonitor", () => {
  const silent = { note: () => {} } as unknown as EventLog;

  it("repeats a check that failed while the process was made to stand still", async () => {
    const reports: string[] = [];
    let checks = 0;
    let monitor: HealthMonitor;
    await new Promise<void>((resolve) => {
      monitor = new HealthMonitor({
        timing: () => timing,
        log: silent,
        check: async () => {
          if (++checks > 1) return { ok: true };
          void monitor.standStill(() => Promise.resolve());
          return await Promise.resolve(SICK);
        },
        report: (kind) => {
          reports.push(kind);
          monitor.unwatch();
          resolve();
        },
      });
      monitor.watch();
    });
    assertEquals([reports, checks, monitor!.failedChecks], [["healthy"], 2, 0]);
  });

  it("checks nothing while the process stands still", async () => {
    let isStill = true;
    await new Promise<void>((resolve) => {
      const monitor = new HealthMonitor({
        timing: () => timing,
        log: silent,
        check: () => Promise.resolve(isStill ? SICK : { ok: true }),
        report: (kind) => {
          assertEquals([kind, isStill], ["healthy", false]);
          monitor.unwatch();
          resolve();
        },
      });
      void monitor.standStill(async () => {
        await new Promise((resume) => setTimeout(resume, 20));
        isStill = false;
      });
      monitor.watch();
    });
  });

  it("counts the checks that fail, and reports those that prove something", async () => {
    const reports: string[] = [];
    await new Promise<void>((resolve) => {
      const monitor = new HealthMonitor({
        timing: () => timing,
        log: silent,
        check: () => Promise.resolve(SICK),
        report: (kind) => {
          reports.push(kind);
          if (monitor.failedChecks < 3) return;
          monitor.unwatch();
          resolve();
        },
      });
      monitor.watch();
    });
    assertEquals(reports.every((kind) => kind === "sick"), true);
  });
});
