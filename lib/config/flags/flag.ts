import type { Policy } from "../policy.ts";
import type { Settings } from "../settings.ts";

/**
 * An option that can be set with a flag, with an environment variable, in a project file or in `config.yaml`. The single
 * source for parsing, help, completions, messages and the JSON Schema of project files.
 */
export interface Flag {
  /** The name of the flag, without the dashes. */
  name: string;
  /**
   * The type of its value. `seconds`: a number; `duration`: may have a unit; `size`: in bytes; `pairs`: `KEY=TEXT`;
   * `jsonPairs`: `KEY=JSON`.
   */
  kind: "boolean" | "text" | "texts" | "pairs" | "jsonPairs" | "port" | "seconds" | "duration" | "size" | "count";
  /** The letter of the short flag. */
  alias?: string;
  /** The placeholder for its value in the help, such as `PATH`. */
  value?: string;
  /** The environment variable for it. */
  env?: string;
  /**
   * Its key, such as `ui_port` or `health.interval`: in a project file as it is, in `config.yaml` relative to
   * {@linkcode CONFIG_SECTION}.
   */
  key?: string;
  /** An alternative key. */
  otherKey?: string;
  /** Its key exists only in a project file. */
  isProjectOnly?: true;
  /** Its value is a path, relative to the directory of the file that sets it, else to the working directory. */
  isPath?: true;
  /** Accepts `auto`, too. */
  mayBeAuto?: true;
  /** The accepted values; for `pairs`, those after `=`. */
  choices?: readonly string[];
  /** The setting of a launch that it sets. */
  setting?: keyof Settings;
  /** The part of the policy that it sets. */
  policy?: keyof Policy;
  /** The minimum. @default {0} */
  atLeast?: number;
  help: string;
}

/** Whether a flag may be given several times. */
export function isRepeatable({ kind }: Flag): boolean {
  return kind === "texts" || kind === "pairs" || kind === "jsonPairs";
}

/** The section of `config.yaml` that we read: Stigmer's CLI owns the file, and keeps its Temporal settings there. */
export const CONFIG_SECTION: readonly string[] = ["backend", "local", "temporal"];

/**
 * Options whose variable and key follow from the name of the flag, unless they state others: `ui-port` is `ui_port` in files
 * and $STIGMER_UI_PORT.
 */
export function settable(options: readonly Flag[]): readonly Flag[] {
  return options.map((option) => {
    const key = option.name.replaceAll("-", "_");
    return { key, env: `STIGMER_${key.toUpperCase()}`, ...option };
  });
}
