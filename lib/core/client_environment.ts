import type { Status } from "./status.ts";

/** What a client needs to find an instance, as the variables that Temporal's SDKs and command-line tool read. */
export function clientEnvironment(status: Pick<Status, "address" | "namespace" | "uiUrl">): Record<string, string> {
  return {
    TEMPORAL_ADDRESS: status.address,
    TEMPORAL_NAMESPACE: status.namespace,
    ...(status.uiUrl === null ? {} : { TEMPORAL_UI_URL: status.uiUrl }),
  };
}

/** How variables are written down. */
export type EnvironmentFormat = "sh" | "fish" | "dotenv";

/** `variables` as lines for a shell's `eval`, or of a `.env` file; null takes a variable away, where that can be said. */
export function renderEnvironment(
  variables: Readonly<Record<string, string | null>>,
  format: EnvironmentFormat,
): string {
  const line = ([name, value]: [string, string | null]) => {
    if (value === null) return { sh: `unset ${name}\n`, fish: `set -e ${name};\n`, dotenv: "" }[format];
    switch (format) {
      case "sh":
        return `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`;
      case "fish":
        return `set -gx ${name} '${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}';\n`;
      case "dotenv":
        return /^[\w.:/@-]*$/.test(value) ? `${name}=${value}\n` : `${name}=${JSON.stringify(value)}\n`;
    }
  };
  return Object.entries(variables).map(line).join("");
}
