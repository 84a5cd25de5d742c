/**
 * The types of search attributes, in the order of their numbers in Temporal's API, starting with 1 (IndexedValueType in
 * `temporal/api/enums/v1/common.proto`). Command lines may use any case.
 */
export const SEARCH_ATTRIBUTE_TYPES: readonly string[] = [
  "Text",
  "Keyword",
  "Int",
  "Double",
  "Bool",
  "Datetime",
  "KeywordList",
];

/** The type of each search attribute in `declared` (`KEY=TYPE` each), by name; the last one of a name wins. */
export function declaredTypes(declared: readonly string[]): Map<string, string> {
  return new Map(declared.map((text) => {
    const at = text.lastIndexOf("=");
    return [text.slice(0, at), text.slice(at + 1)];
  }));
}
