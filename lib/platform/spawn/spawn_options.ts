/** The program to start, and its environment. */
export interface SpawnOptions {
  /** A path, or a name to find in `env.PATH`. */
  command: string;
  args: readonly string[];
  cwd: string;
  /** Its complete environment; undefined values are omitted. */
  env: Readonly<Record<string, string | undefined>>;
  /** /dev/null, or a pipe without data that reaches EOF when this process exits. */
  stdin: "null" | "pipe";
  /** A descriptor of this process, or /dev/null. */
  stdout: number | "null";
  stderr: number | "null";
  /** Descriptors that become its 3, 4 …, all different. They stay open in this process. */
  pass: readonly number[];
}

/** How a process ended: one of the two is null. */
export interface ProcessExit {
  code: number | null;
  signal: string | null;
}
