import { describe, it } from "node:test";
import { assertEquals, assertRejects } from "@std/assert";
import { toFailure } from "../../lib/errors/failure.ts";
import { LocalError } from "../../lib/errors/local_error.ts";
import type { Instance } from "../../lib/instance/context.ts";
import type { State } from "../../lib/process/states.ts";
import { controllerOf } from "../../lib/supervisor/control_handlers.ts";
import { Supervisor } from "../../lib/supervisor/supervisor.ts";

const FAILED = {
  kind: "failed",
  failure: { code: "database-busy", message: "The database is another's" },
} as const satisfies State;

describe("controllerOf()", () => {
  it("answers a stop that comes when the start has failed as one that leaves: stop never tells a start's failure", async () => {
    const error = await assertRejects(() => inState(FAILED).stop({ graceMs: 0 }), LocalError);
    assertEquals(toFailure(error), {
      code: "interrupted",
      message: "The supervisor is exiting",
      facts: { leaving: true },
    });
  });

  it("tells those who wait for it why the start failed", async () => {
    const error = await assertRejects(() => inState(FAILED).settled(), LocalError);
    assertEquals(toFailure(error), FAILED.failure);
  });
});

/** The controller of a supervisor that is in `state` and has left. */
function inState(state: State) {
  const machine = { state };
  const supervisor = {
    machine,
    manager: {},
    dispatch: () => {},
    settled: Supervisor.prototype.settled,
    until: (pick: (of: { state: State }) => unknown) => Promise.resolve(pick(machine)),
  };
  const instance = { host: { networkNamespace: () => null } } as unknown as Instance;
  return controllerOf(instance, supervisor as unknown as Supervisor, Promise.resolve());
}
