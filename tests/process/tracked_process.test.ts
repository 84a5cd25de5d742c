import process from "node:process";
import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { LocalError } from "../../lib/errors/local_error.ts";
import { processesHere } from "../../lib/platform/processes/processes_here.ts";
import { watchEnd } from "../../lib/process/tracked_process.ts";

const here = processesHere();
const self = here.inspect(process.pid)!;

/** Lets the delays of {@linkcode watchEnd} pass, as often as wanted. */
function byHand(
  watch: (delay: () => Promise<void>) => Promise<unknown>,
): { look: (times: number) => Promise<void>; hasEnded: () => boolean } {
  let pass = () => {};
  let hasEnded = false;
  void watch(() => new Promise((resolve) => pass = resolve)).then(() => hasEnded = true);
  return {
    look: async (times) => {
      for (let n = 0; n < times; n++) {
        pass();
        await new Promise((resolve) => setTimeout(resolve));
      }
    },
    hasEnded: () => hasEnded,
  };
}

describe("watchEnd()", () => {
  it("resolves at the first look that finds nobody", async () => {
    let isThere = true;
    const { look, hasEnded } = byHand((delay) =>
      watchEnd(self, { delay, processes: { ...here, isThere: () => isThere } })
    );
    await look(3);
    assertEquals(hasEnded(), false);
    isThere = false;
    await look(1);
    assertEquals(hasEnded(), true);
  });

  it("asks rarely who it is, which costs macOS a ps(1), and finds somebody else under the PID", async () => {
    let identities = 0;
    let startTime = self.startTime;
    const startTimeLater = () => {
      identities++;
      return Promise.resolve(startTime);
    };
    const { look, hasEnded } = byHand((delay) =>
      watchEnd(self, { delay, processes: { ...here, isThere: () => true, startTimeLater } })
    );
    await look(100);
    assertEquals([identities, hasEnded()], [4, false]);
    startTime = "later";
    await look(25);
    assertEquals(hasEnded(), true);
  });

  it("does not take a zombie that nobody reaps for a process, where it is counted as there", async () => {
    const startTimeLater = () => Promise.resolve(null);
    const { look, hasEnded } = byHand((delay) =>
      watchEnd(self, { delay, processes: { ...here, isThere: () => true, startTimeLater } })
    );
    await look(25);
    assertEquals(hasEnded(), true);
  });

  it("takes no ps(1) that a sandbox refuses for the end of the process", async () => {
    let isThere = true;
    const startTimeLater = () => Promise.reject(new LocalError("internal", "Cannot run ps"));
    const { look, hasEnded } = byHand((delay) =>
      watchEnd(self, { delay, processes: { ...here, isThere: () => isThere, startTimeLater } })
    );
    await look(50);
    assertEquals(hasEnded(), false);
    isThere = false;
    await look(1);
    assertEquals(hasEnded(), true);
  });
});
