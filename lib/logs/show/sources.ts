/** The name of Temporal's log, among those of the processes beside it. */
export const TEMPORAL = "temporal";
/** The name of the supervisor's log, which is shown by itself only. */
export const SUPERVISOR = "supervisor";

/** Whether the lines in the log of `source` carry their times, in UTC. What a process writes has any form. */
export function hasOwnTimes(source: string): boolean {
  return source === TEMPORAL || source === SUPERVISOR;
}
