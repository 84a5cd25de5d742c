import { LocalError } from "../errors/local_error.ts";
import { type FindOptions, findTemporal, type TemporalBinary } from "./find.ts";
import type { InstallOptions } from "./install.ts";

/**
 * The Temporal binary to use: an installed one ({@linkcode findTemporal}), or else a new install, whose modules are
 * loaded only then.
 *
 * @throws {LocalError} `binary-not-found`, with all attempts in `facts.tried`; `install-failed` if the download is
 * invalid; `interrupted`
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
      `Could not find or install a Temporal binary. Tried:\n${all.map((line) => `  - ${line}`).join("\n")}`,
      {
        hint: `${error.hint ?? "Install Go"}; or install Temporal's CLI and choose it with --temporal-bin`,
        facts: { ...error.facts, tried: all },
        cause: error,
      },
    );
  }
}
