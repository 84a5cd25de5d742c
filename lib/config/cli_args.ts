/** Commands of Temporal's CLI that connect to no server: they show or write files, or are a server. `__complete` is cobra's. */
const WITHOUT_SERVER = ["help", "completion", "config", "env", "server", "__complete", "__completeNoDesc"];
const HELP = ["--help", "-h", "--version", "-v"];

/** Whether Temporal's CLI connects to a server with these arguments, rather than show its help or version, or run without one. */
export function needsServer(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  const own = end < 0 ? args : args.slice(0, end);
  const command = own.find((arg) => !arg.startsWith("-"));
  return command !== undefined && !WITHOUT_SERVER.includes(command) &&
    !own.some((arg) => HELP.slice(0, 2).includes(arg)) && !HELP.includes(own[0]!);
}
