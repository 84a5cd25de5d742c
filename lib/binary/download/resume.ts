/** The state of a download. */
export interface Transfer {
  /** Bytes received. */
  have: number;
  /** Size of the file in bytes; null = unknown. */
  total: number | null;
  /**
   * Validator for `If-Range`, which detects that the file changed (RFC 9110, section 13.1.5); null = the server sends
   * none.
   */
  validator: string | null;
}

/** The initial state for {@linkcode readAnswer}. */
export const NOTHING_YET: Transfer = { have: 0, total: null, validator: null };

/** What to do with a response. */
export type Reading =
  /** Append its body to the file; if `have` is 0, overwrite the file. */
  | { kind: "body"; transfer: Transfer }
  /** Retry; from the beginning if `fromStart`. */
  | { kind: "retry"; why: string; fromStart: boolean; afterMs: number | null }
  /** A retry cannot help. */
  | { kind: "refused"; why: string };

/** Headers as in Node, with lower-case names. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

const MAX_RETRY_AFTER_MS = 30_000;

/** Headers that request the missing part of a file. */
export function rangeHeaders(transfer: Transfer): Record<string, string> {
  if (transfer.have === 0) return {};
  return {
    range: `bytes=${transfer.have}-`,
    ...(transfer.validator === null ? {} : { "if-range": transfer.validator }),
  };
}

/** Interprets status and headers of the response to a request with {@linkcode rangeHeaders}. */
export function readAnswer(asked: Transfer, status: number, headers: Headers): Reading {
  const fresh: Transfer = { have: 0, total: contentLength(headers), validator: validatorOf(headers) };
  if (status === 200) return { kind: "body", transfer: fresh };
  if (status === 206) {
    const range = contentRange(headers);
    const isOurs = asked.have > 0 && range !== null && range.start === asked.have &&
      (range.total === null || asked.total === null || range.total === asked.total);
    if (!isOurs) {
      const why = "the server sent another range than requested";
      return { kind: "retry", why, fromStart: true, afterMs: null };
    }
    return { kind: "body", transfer: { ...asked, total: range.total ?? asked.total } };
  }
  const why = `the server responded with status ${status}`;
  if (status === 416) return { kind: "retry", why, fromStart: true, afterMs: null };
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return { kind: "retry", why, fromStart: false, afterMs: retryAfterMs(headers) };
  }
  return { kind: "refused", why: status === 404 || status === 410 ? `${why} (not found)` : why };
}

function contentLength(headers: Headers): number | null {
  const text = one(headers["content-length"]);
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function contentRange(headers: Headers): { start: number; total: number | null } | null {
  const match = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/.exec(one(headers["content-range"]) ?? "");
  return match === null ? null : { start: Number(match[1]), total: match[2] === "*" ? null : Number(match[2]) };
}

/** A strong ETag, else the date; a weak ETag is not valid for ranges. */
function validatorOf(headers: Headers): string | null {
  const tag = one(headers["etag"]);
  return tag !== null && tag.startsWith('"') ? tag : one(headers["last-modified"]);
}

function retryAfterMs(headers: Headers): number | null {
  const text = one(headers["retry-after"]);
  return text !== null && /^\d{1,6}$/.test(text) ? Math.min(Number(text) * 1_000, MAX_RETRY_AFTER_MS) : null;
}

function one(value: string | string[] | undefined): string | null {
  return typeof value === "string" ? value : value?.[0] ?? null;
}
