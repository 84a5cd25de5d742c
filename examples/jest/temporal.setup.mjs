// One ephemeral Temporal for the whole run. The test files, in processes of their own, find it in TEMPORAL_ADDRESS.
import { startTemporal } from "stigmer-local";

export default async function setup() {
  globalThis.temporal = await startTemporal({ ephemeral: true });
  Object.assign(process.env, globalThis.temporal.env);
}
