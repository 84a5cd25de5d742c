/**
 * stigmer-local as a library: a Temporal dev server for scripts and test suites.
 *
 * ```ts
 * import { startTemporal } from "@stigmer/local";
 *
 * await using temporal = await startTemporal({ ephemeral: true });
 * const connection = await Connection.connect({ address: temporal.address });
 * ```
 *
 * @module
 */
export { startTemporal, type TemporalServer } from "./lib/library/start_temporal.ts";
export type { ProcessOptions } from "./lib/library/process_options.ts";
export type { Duration, Size, StartOptions } from "./lib/library/start_options.ts";
export { type ErrorCode, LocalError, type LocalErrorOptions } from "./lib/errors/local_error.ts";
export type { Check, Status, StatusState } from "./lib/instance/status/status.ts";
export type { Failure } from "./lib/errors/failure.ts";
export type { Exit } from "./lib/instance/status/status.ts";
