import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { lastPollOf, similarNames } from "../../lib/stack/pollers.ts";

const PROCESS = { pids: [100, 101], hostname: "mac-1.local", launchedAtMs: 5000 };

/** When {@linkcode PROCESS} polled, if a poller of this identity polled at 7000, and at 3000, before its launch. */
function pollOf(identity: string): (number | null)[] {
  return [7000, 3000].map((polledAtMs) => lastPollOf([{ identity, polledAtMs }], PROCESS));
}

describe("lastPollOf()", () => {
  it("knows the identities of the SDKs by the PIDs of the group", () => {
    for (const identity of ["101@mac-1.local", "100@mac-1.local@orders@", "100@mac-1.local"]) {
      assertEquals(pollOf(identity), [7000, 3000], identity);
    }
    for (const identity of ["102@mac-1.local", "10@mac-1.local", "1001@mac-1.local@orders"]) {
      assertEquals(pollOf(identity), [null, null], identity);
    }
  });

  it("takes any other identity that polled after the launch", () => {
    for (const identity of ["orders-worker", "", "7@container", "100@mac-1"]) {
      assertEquals(pollOf(identity), [7000, null], identity);
    }
  });

  it("is the latest", () => {
    const at = (polledAtMs: number) => ({ identity: "100@mac-1.local", polledAtMs });
    assertEquals(lastPollOf([at(6000), at(9000), at(7000)], PROCESS), 9000);
    assertEquals(lastPollOf([], PROCESS), null);
  });
});

describe("similarNames()", () => {
  it("finds a name with a letter too much or too little, joined otherwise, or in another case", () => {
    for (
      const [wanted, polled] of [["orders", "order"], ["order", "orders"], ["my-queue", "my_queue"], [
        "Orders",
        "orders",
      ]]
    ) {
      assert(similarNames(wanted!, "").includes(polled!), `${wanted} ${polled}`);
    }
  });

  it("begins with the most similar word of the log, and leaves out the name itself", () => {
    assertEquals(similarNames("orders", "INFO worker started taskQueue=ordres-v2 ordres, orders")[0], "ordres");
    assert(!similarNames("orders", "orders").includes("orders"));
    assert(!similarNames("o", "").includes(""));
  });
});
