import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import type { EventLog } from "../../lib/instance/event_log.ts";
import type { ProbeResult } from "../../lib/instance/status/probe.ts";
import { HealthMonitor, judgeCheck, LATE_MS } from "../../lib/process/health_monitor.ts";

const SICK: ProbeResult = { ok: false, problem: "no answer" };
/** The grid of these tests; how long things take plays no part in them. */
const INTERVAL_MS = 1;
const policy = { healthIntervalS: INTERVAL_MS / 1000, healthTimeoutS: 60 };

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

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * A monitor that watches a process of which `check` says whether it is well. It ends with its report number `reports`;
 * `over` resolves then with all of them.
 */
function watching(check: (timeoutMs: number) => Promise<ProbeResult>, reports = Infinity) {
  const noted: unknown[] = [];
  const said: string[] = [];
  let end = (_reports: string[]) => {};
  const over = new Promise<string[]>((resolve) => end = resolve);
  const monitor = new HealthMonitor({
    policy: () => policy,
    check,
    log: { note: (_event: string, facts: unknown) => noted.push(facts) } as unknown as EventLog,
    report: (kind) => {
      if (said.push(kind) < reports) return;
      monitor.unwatch();
      end(said);
    },
  });
  monitor.watch();
  return { monitor, noted, said, over };
}

describe("HealthMonitor", () => {
  it("reports each check in turn, and counts and notes those that fail, with what was wrong", async () => {
    const answers: ProbeResult[] = [{ ok: true }, SICK, { ok: true }];
    const { monitor, noted, over } = watching((timeoutMs) => {
      assertEquals(timeoutMs, 60_000);
      return Promise.resolve(answers.shift() ?? { ok: true });
    }, 3);
    const reports = await over;
    assertEquals([reports[0], reports[2]], ["healthy", "healthy"]);
    const verdict = reports[1] === "sick" ? "sick" : "inconclusive"; // on a machine that stalls
    assertEquals([monitor.failedChecks, noted], [1, [{ verdict, problem: "no answer" }]]);
  });

  it("does not begin a check before the last one is over", async () => {
    let running = 0;
    let most = 0;
    const { over } = watching(async () => {
      most = Math.max(most, ++running);
      await pause(3 * INTERVAL_MS);
      running--;
      return SICK;
    }, 5);
    await over;
    assertEquals(most, 1);
  });

  it("reports nothing of a check that was under way when it was ended", async () => {
    let checks = 0;
    let begin = () => {};
    let answer = (_result: ProbeResult) => {};
    const begun = new Promise<void>((resolve) => begin = resolve);
    const answered = new Promise<ProbeResult>((resolve) => answer = resolve);
    const { monitor, said, noted } = watching(() => {
      checks++;
      begin();
      return answered;
    });
    await begun;
    monitor.unwatch();
    answer(SICK);
    await pause(20 * INTERVAL_MS); // by then another check would have begun, and a report been made
    assertEquals([said, noted, checks], [[], [], 1]);
  });

  it("checks nothing more once its report has ended it", async () => {
    let checks = 0;
    const { over } = watching(() => Promise.resolve({ ok: ++checks > 0 } as ProbeResult), 1);
    await over;
    await pause(20 * INTERVAL_MS);
    assertEquals(checks, 1);
  });

  it("repeats a check that failed while the process was made to stand still", async () => {
    let checks = 0;
    const { monitor, over } = watching(async () => {
      if (++checks > 1) return { ok: true };
      void monitor.standStill(() => Promise.resolve());
      return await Promise.resolve(SICK);
    }, 1);
    assertEquals([await over, checks, monitor.failedChecks], [["healthy"], 2, 0]);
  });

  it("checks nothing while the process stands still", async () => {
    let isStill = true;
    const { monitor, over } = watching(() => Promise.resolve(isStill ? SICK : { ok: true }), 1);
    void monitor.standStill(async () => {
      await pause(20);
      isStill = false;
    });
    assertEquals(await over, ["healthy"]);
  });
});
