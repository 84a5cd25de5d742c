// Runs in the process of temporal.setup.mjs.
export default async function teardown() {
  await globalThis.temporal.stop();
}
