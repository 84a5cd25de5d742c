import { describe } from "node:test";
import { withTempDir } from "../platform/support.ts";
import { filesAndTimeConform } from "./conformance/files_and_time.ts";
import { locksConform } from "./conformance/locks.ts";
import { portsConform } from "./conformance/ports.ts";
import { processesConform } from "./conformance/processes.ts";
import { signalsConform } from "./conformance/signals.ts";
import type { InWorld } from "./conformance/support.ts";
import { FakeMac } from "./fake_mac.ts";
import { fakeWorld } from "./fake_world.ts";
import { realWorld } from "./real_world.ts";

const fakeMac = () => fakeWorld(new FakeMac());

// What the table tests rely on: the fake system behaves as the real one does.
for (
  const [name, begin] of [
    ["the fake system", () => fakeWorld()],
    ["the code for macOS, with the tools of a fake Mac", fakeMac],
    ["the real system", realWorld],
  ] as const
) {
  const inWorld: InWorld = (body) => async () => {
    const world = await begin();
    try {
      await withTempDir((folder) => body(world, folder));
    } finally {
      await world.end();
    }
  };
  describe(`${name}: processes`, () => processesConform(inWorld));
  describe(`${name}: signals`, () => signalsConform(inWorld));
  describe(`${name}: locks`, () => locksConform(inWorld));
  describe(`${name}: ports`, () => portsConform(inWorld));
  describe(`${name}: files and time`, () => filesAndTimeConform(inWorld));
}
