import type { Flag } from "./flag.ts";

/** The keys of a process below `processes:`, in display order; each is the name. */
export const PROCESS_KEYS: readonly Flag[] = [
  { name: "command", kind: "texts", help: "Command to run: a list is executed as it is, a string is run by `sh -c`" },
  { name: "task_queue", kind: "texts", help: "Task queue, or list of them, that it polls once it is ready" },
  { name: "port", kind: "port", help: "Port that it listens on once it is ready" },
  { name: "http", kind: "text", help: "URL, http://…, that answers once it is ready" },
  { name: "depends_on", kind: "texts", help: "Process, or list of them, that has to be ready before it is launched" },
  {
    name: "directory",
    kind: "text",
    isPath: true,
    help: "Working directory, relative to the project file (default: that of the project file)",
  },
  { name: "environment", kind: "pairs", help: "Environment variables besides those that `stigmer-local run` sets" },
  { name: "namespace", kind: "text", help: "Namespace that it works in (default: the instance's)" },
  {
    name: "watch",
    kind: "texts",
    isPath: true,
    help: "Files and folders, relative to the project file, whose change restarts it",
  },
  { name: "stop_timeout", kind: "duration", help: "Grace period between SIGTERM and SIGKILL (default 10s)" },
  {
    name: "restart_when_silent",
    kind: "duration",
    atLeast: 1,
    help: "Time without a poll of its task queue after which it is restarted (default: never)",
  },
];

/** The keys of which a process can have one: what makes it ready. */
export const READY_KEYS: readonly string[] = ["task_queue", "port", "http"];

/** What a process may be called: its name is also that of its log. */
export const PROCESS_NAME: RegExp = /^(?!.*-\d{8}T\d{9}Z(-\d+)?$)[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;

/** Names that mean something else where processes are named. */
export const RESERVED_NAMES: readonly string[] = ["temporal", "supervisor", "all"];
