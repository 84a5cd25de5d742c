import process from "node:process";
import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { processesHere } from "../../lib/platform/processes/processes_here.ts";
import { watchEnd } from "../../lib/temporal/process.ts";

const here = processesHere();
const self = here.inspect(process.pid)!;

/** Calls what {@linkcode watchEnd} has its timer call, as often as wanted. */
function byHand(watch: () => Promise<unknown>): { look: (times: number) => void; hasEnded: () => Promise<boolean> } {
  const { setInterval } = globalThis;
  let tick = () => {};
  try {
    globalThis.setInterval = ((action: () => void) => {
      tick = action;
      return setTimeout(() => {});
    }) as unknown as typeof globalThis.setInterval;
    let hasEnded = false;
    void watch().then(() => hasEnded = true);
    return {
      look: (times) => {
        for (let n = 0; n < times; n++) tick();
      },
      hasEnded: async () => {
        await new Promise((resolve) => setTimeout(resolve));
        return hasEnded;
      },
    };
  } finally {
    globalThis.setInterval = setInterval;
  }
}

describe("watchEnd()", () => {
  it("resolves at the first look that finds nobody", async () => {
    let isThere = true;
    const { look, hasEnded } = byHand(() => watchEnd(self, { ...here, isThere: () => isThere }));
    look(3);
    assertEquals(await hasEnded(), false);
    isThere = false;
    look(1);
    assertEquals(await hasEnded(), true);
  });

  it("asks rarely who it is, which costs macOS a ps(1), and finds somebody else under the PID", async () => {
    let identities = 0;
    let startTime = self.startTime;
    const inspect = () => {
      identities++;
      return { ...self, startTime };
    };
    const { look, hasEnded } = byHand(() => watchEnd(self, { ...here, isThere: () => true, inspect }));
    look(100);
    assertEquals([identities, await hasEnded()], [4, false]);
    startTime = "later";
    look(25);
    assertEquals(await hasEnded(), true);
  });

  it("does not take a zombie that nobody reaps for a process, where it is counted as there", async () => {
    const inspect = () => ({ ...self, state: "Z" });
    const { look, hasEnded } = byHand(() => watchEnd(self, { ...here, isThere: () => true, inspect }));
    look(25);
    assertEquals(await hasEnded(), true);
  });
});
