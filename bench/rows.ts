import type { Row } from "./row.ts";
import { adoption } from "./rows/adoption.ts";
import { coldStart } from "./rows/cold_start.ts";
import { crashes } from "./rows/crashes.ts";
import { crowd } from "./rows/crowd.ts";
import { hang } from "./rows/hang.ts";
import { idle } from "./rows/idle.ts";
import { idleProcesses } from "./rows/idle_processes.ts";
import { beside } from "./rows/processes.ts";
import { recovery } from "./rows/recovery.ts";
import { runCommand } from "./rows/run_command.ts";
import { stopping } from "./rows/stopping.ts";
import { warmCommands } from "./rows/warm_commands.ts";

/** All rows, in the order of the table. */
export const ROWS: readonly Row[] = [
  coldStart,
  warmCommands,
  recovery,
  hang,
  adoption,
  stopping,
  runCommand,
  beside,
  crowd,
  idle,
  idleProcesses,
  crashes,
];
