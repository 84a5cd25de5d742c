import { didYouMean } from "../text/did_you_mean.ts";
import { COMMANDS } from "./command_specs.ts";

/** What other tools call our commands, and what is typed instead. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  up: "start",
  dev: "start",
  serve: "start",
  server: "start",
  down: "stop",
  kill: "stop",
  quit: "stop",
  ps: "status",
  ls: "status",
  list: "status",
  info: "status",
  log: "logs",
  tail: "logs",
  exec: "run",
  shell: "env",
  open: "ui",
  upgrade: "install",
  update: "install",
  download: "install",
  uninstall: "install --remove",
  clean: "reset",
  dump: "backup",
  check: "doctor",
  settings: "config",
  temporal: "run -- temporal",
};

/** The command line that `name`, which is no command, probably means, without the tool; null if there is no likely one. */
export function suggestCommand(name: string): string | null {
  return ELSEWHERE[name.toLowerCase()] ?? didYouMean(name, COMMANDS.map((command) => command.name));
}
