import { LocalError } from "../core/local_error.ts";
import { type FindOptions, findTemporal, type TemporalBinary } from "./find_temporal.ts";
import type { BuildOptions } from "./go_install.ts";

/**
 * The Temporal binary to use: the one that is there ({@linkcode findTemporal}), or else a new build. What only a build
 * needs is loaded only then.
 *
 * @throws {LocalError} `binary-not-found`, with all that was tried as `facts.tried`; `interrupted`
 */
export async function resolveTemporal(options: FindOptions & BuildOptions): Promise<TemporalBinary> {
  const { binary, tried } = findTemporal(options);
  if (binary !== null) return binary;
  const { buildTemporal } = await import("./go_install.ts");
  try {
    return await buildTemporal(options);
  } catch (error) {
    if (!(error instanceof LocalError) || error.code !== "install-failed") throw error;
    const all = [...tried, `go install: ${error.message}`];
    throw new LocalError(
      "binary-not-found",
      `No Temporal binary was found, and none could be built. Tried:\n${all.map((line) => `  - ${line}`).join("\n")}`,
      {
        hint: `${error.hint ?? "install Go"}; or install Temporal's command-line tool and name it with --temporal-bin`,
        facts: { ...error.facts, tried: all },
        cause: error,
      },
    );
  }
}
