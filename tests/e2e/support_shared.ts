import { after, before } from "node:test";
import type { Status } from "../../lib/instance/status/status.ts";
import { type TestInstance, withInstance } from "./support.ts";

/**
 * An instance for all tests of the `describe` that calls this: `start` with `args` before the first one, if there are any.
 * Can be used in its tests, not before. They leave it as they found it.
 */
export function sharedInstance(...args: string[]): TestInstance & { started: Status } {
  const shared = {} as TestInstance & { started: Status };
  let release = () => {};
  let whole: Promise<void> | undefined;
  before(() =>
    new Promise<void>((resolve, reject) => {
      whole = withInstance(async (instance) => {
        const started = await instance.start(args);
        Object.assign(shared, instance, { started });
        await new Promise<void>((done) => (release = done, resolve()));
      });
      whole.catch(reject);
    })
  );
  after(async () => {
    release();
    await whole;
  });
  return shared;
}
