/** How much of a file is here, and what is known of the whole. */
export interface Transfer {
  /** Bytes that are here. */
  have: number;
  /** Bytes of the whole file; null = the server does not say. */
  total: number | null;
  /** What `If-Range` proves with that it is still the same file (RFC 9110, section 13.1.5); null = the server gives nothing. */
  validator: string | null;
}

/** What {@linkcode readAnswer} starts from. */
export const NOTHING_YET: Transfer = { have: 0, total: null, validator: null };

/** What to do with an answer. */
export type Reading =
  /** Its body goes on where the file ends; or the file begins anew with it, when `have` is 0. */
  | { kind: "body"; transfer: Transfer }
  /** Try again, from the beginning when `fromStart`. */
  | { kind: "retry"; why: string; fromStart: boolean; afterMs: number | null }
  /** Trying again is of no use. */
  | { kind: "refused"; why: string };

/** Headers as Node gives them: names in small letters. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

const LONGEST_RETRY_AFTER_MS = 30_000;

/** The headers that ask for what is missing of a file. Without them the whole file comes. */
export function rangeHeaders(transfer: Transfer): Record<string, string> {
  if (transfer.have === 0) return {};
  return {
    range: `bytes=${transfer.have}-`,
    ...(transfer.validator === null ? {} : { "if-range": transfer.validator }),
  };
}

/** Reads the head of an answer to a request with {@linkcode rangeHeaders}. */
export function readAnswer(asked: Transfer, status: number, headers: Headers): Reading {
  const fresh: Transfer = { have: 0, total: contentLength(headers), validator: validatorOf(headers) };
  if (status === 200) return { kind: "body", transfer: fresh };
  if (status === 206) {
    const range = contentRange(headers);
    const isOurs = asked.have > 0 && range !== null && range.start === asked.have &&
      (range.total === null || asked.total === null || range.total === asked.total);
    if (!isOurs) {
      const why = "the server sent another part than was asked for";
      return { kind: "retry", why, fromStart: true, afterMs: null };
    }
    return { kind: "body", transfer: { ...asked, total: range.total ?? asked.total } };
  }
  const why = `the server answers ${status}`;
  if (status === 416) return { kind: "retry", why, fromStart: true, afterMs: null };
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return { kind: "retry", why, fromStart: false, afterMs: retryAfterMs(headers) };
  }
  return { kind: "refused", why: status === 404 || status === 410 ? `${why}: it is not there` : why };
}

function contentLength(headers: Headers): number | null {
  const text = one(headers["content-length"]);
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function contentRange(headers: Headers): { start: number; total: number | null } | null {
  const match = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/.exec(one(headers["content-range"]) ?? "");
  return match === null ? null : { start: Number(match[1]), total: match[2] === "*" ? null : Number(match[2]) };
}

/** A strong ETag, else the date: a weak ETag is of no use for ranges. */
function validatorOf(headers: Headers): string | null {
  const tag = one(headers["etag"]);
  return tag !== null && tag.startsWith('"') ? tag : one(headers["last-modified"]);
}

function retryAfterMs(headers: Headers): number | null {
  const text = one(headers["retry-after"]);
  return text !== null && /^\d{1,6}$/.test(text) ? Math.min(Number(text) * 1_000, LONGEST_RETRY_AFTER_MS) : null;
}

function one(value: string | string[] | undefined): string | null {
  return typeof value === "string" ? value : value?.[0] ?? null;
}
