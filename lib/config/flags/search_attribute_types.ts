/**
 * The types of search attributes, in the order of their numbers in Temporal's API, from 1 (IndexedValueType in
 * `temporal/api/enums/v1/common.proto`). On a command line they are written in any case.
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

/** The types of the search attributes that `declared`, `KEY=TYPE` each, by name; the last of a name counts. */
export function declaredTypes(declared: readonly string[]): Map<string, string> {
  return new Map(declared.map((text) => {
    const at = text.lastIndexOf("=");
    return [text.slice(0, at), text.slice(at + 1)];
  }));
}
