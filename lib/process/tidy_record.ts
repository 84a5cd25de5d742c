import type { ProcessEvidence } from "../instance/find_process.ts";
import type { InstancePaths } from "../instance/paths.ts";
import { setPidFileAside } from "../instance/pid_file.ts";
import { describeProcess } from "../platform/processes/processes.ts";

/** Sets a PID file aside that cannot be used, or points at a process that it does not describe, which is left alone. */
export function tidyRecord(
  { record: path, program }: Pick<InstancePaths, "record" | "program">,
  { unusable, reusedPid }: Pick<ProcessEvidence, "unusable" | "reusedPid">,
  warn: (message: string) => void,
): void {
  const isOthers = reusedPid === null ? null : `it points at ${describeProcess(reusedPid)}, which it does not describe`;
  const why = unusable ?? isOthers;
  if (why === null) return; // there is none, or its process is dead: the next record takes its place
  const name = setPidFileAside(path);
  if (name !== null) warn(`The record ${program}.pid was set aside as ${name}: ${why}`);
}
