import { LocalError } from "../../errors/local_error.ts";
import { didYouMean } from "../../text/did_you_mean.ts";

/** A place in a file with settings, and what else is known of what is there. */
export interface Place {
  path: string;
  line: number;
  key?: string;
  [fact: string]: unknown;
}

/** The error for a fault in a file with settings; the place is its facts. */
export function fileFault(place: Place, what: string, hint?: string): LocalError {
  return new LocalError("usage", `${place.path}:${place.line}: ${what}`, { hint, facts: place });
}

/**
 * The error for a key that is none of `known`; suggests the nearest one.
 *
 * @param section Where it is; empty for the top of the file.
 * @param otherwise The hint where no known key is near.
 */
export function unknownKey(
  place: Place & { key: string },
  section: string,
  known: readonly string[],
  otherwise = `Known keys: ${known.join(", ")}`,
): LocalError {
  const suggestion = didYouMean(place.key, known);
  const hint = suggestion === null ? otherwise : `Did you mean \`${suggestion}\`?`;
  const where = section === "" ? "" : ` in ${section}`;
  return fileFault({ ...place, suggestion }, `Unknown key \`${place.key}\`${where}`, hint);
}
