import type { Policy } from "../policy.ts";
import type { Settings } from "../settings.ts";

/**
 * Something that a person can set: with a flag, with a variable of the environment, in `config.yaml`. The one source of
 * parsing, help, completions and messages.
 */
export interface Flag {
  /** Its name on the command line, without the dashes. */
  name: string;
  /** `seconds` is a number of them, `duration` may have a unit; `size` is in bytes. `pairs` is `KEY=TEXT`, `jsonPairs` is `KEY=JSON`, each of them repeatable as `texts` is. */
  kind: "boolean" | "text" | "texts" | "pairs" | "jsonPairs" | "port" | "seconds" | "duration" | "size" | "count";
  /** One letter. */
  alias?: string;
  /** How its value is called in the help, as `PATH`. */
  value?: string;
  /** The environment variable that sets it too. */
  env?: string;
  /** Its place in `config.yaml`, under {@linkcode CONFIG_SECTION}: `ui_port`, `health.interval`. */
  key?: string;
  /** Another name of the same place. */
  otherKey?: string;
  /** Its value is a path: made absolute, in `config.yaml` from the file's folder on, else from the working folder on. */
  isPath?: true;
  /** Takes `auto`, too. */
  mayBeAuto?: true;
  /** The values that it takes; of `pairs`, the values after `=`. */
  choices?: readonly string[];
  /** Of the settings that Temporal is launched with, the one that it sets. */
  setting?: keyof Settings;
  /** Of how an instance is looked after, what it sets. */
  policy?: keyof Policy;
  /** The least number that makes sense. @default {0} */
  atLeast?: number;
  help: string;
}

/** Where in `config.yaml` our keys are; the rest of the file is not ours. Stigmer's own CLI keeps its Temporal settings there. */
export const CONFIG_SECTION: readonly string[] = ["backend", "local", "temporal"];
