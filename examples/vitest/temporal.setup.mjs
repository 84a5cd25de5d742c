// One ephemeral Temporal for the whole run, and with `vitest --watch` until it ends. The test files, in processes of their
// own, find it in TEMPORAL_ADDRESS.
import { startTemporal } from "stigmer-local";

export default async function setup() {
  const temporal = await startTemporal({ ephemeral: true });
  Object.assign(process.env, temporal.env);
  return () => temporal.stop();
}
