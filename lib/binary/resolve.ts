import { LocalError } from "../errors/local_error.ts";
import { type FindOptions, findTemporal, type TemporalBinary } from "./find.ts";
import type { InstallOptions } from "./install.ts";

/**
 * The Temporal binary to use: the one that is there ({@linkcode findTemporal}), or else a new install. What only an
 * install needs is loaded only then.
 *
 * @throws {LocalError} `binary-not-found`, with all that was tried as `facts.tried`; `install-failed` when something is
 * wrong with what was downloaded; `interrupted`
 */
export async function resolveTemporal(options: FindOptions & InstallOptions): Promise<TemporalBinary> {
  const { binary, tried } = findTemporal(options);
  if (binary !== null) return binary;
  const { installTemporal } = await import("./install.ts");
  try {
    return await installTemporal(options);
  } catch (error) {
    const ways = error instanceof LocalError ? error.facts["tried"] : undefined;
    if (!(error instanceof LocalError) || !Array.isArray(ways)) throw error;
    const all = [...tried, ...ways.map(String)];
    throw new LocalError(
      "binary-not-found",
      `No Temporal binary was found, and none could be installed. Tried:\n${
        all.map((line) => `  - ${line}`).join("\n")
      }`,
      {
        hint: `${error.hint ?? "install Go"}; or install Temporal's command-line tool and name it with --temporal-bin`,
        facts: { ...error.facts, tried: all },
        cause: error,
      },
    );
  }
}
