/** What to start, and what it gets. */
export interface SpawnOptions {
  /** A path, or a name to look for in `env.PATH`. */
  command: string;
  args: readonly string[];
  cwd: string;
  /** Its whole environment; what is undefined is left out. */
  env: Readonly<Record<string, string | undefined>>;
  /** Nothing, or a pipe to which nobody writes, and which ends when we are no more. */
  stdin: "null" | "pipe";
  /** One of our descriptors, or nothing. */
  stdout: number | "null";
  stderr: number | "null";
  /** Our descriptors that become its 3, 4 …, all different. They stay open here. */
  pass: readonly number[];
}

/** How a process ended: one of the two is null. */
export interface ProcessExit {
  code: number | null;
  signal: string | null;
}
