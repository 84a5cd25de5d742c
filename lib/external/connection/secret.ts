/** A text that does not leak by accident: as a string and in JSON it is `***`. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return "***";
  }

  toJSON(): string {
    return "***";
  }
}

/** Shorter secrets may occur in ordinary words by chance, in characters. */
const TELLING_LENGTH = 8;

/**
 * Replaces `secrets` with `***` in `text` from a server, which may repeat what it was sent. Very short secrets are replaced
 * only as whole words.
 */
export function redact(text: string, secrets: readonly Secret[]): string {
  return secrets.map((secret) => secret.reveal().trim()).filter((secret) => secret !== "")
    .sort((a, b) => b.length - a.length)
    .reduce((rest, secret) => rest.replaceAll(occurrences(secret), "***"), text);
}

function occurrences(secret: string): string | RegExp {
  if (secret.length >= TELLING_LENGTH) return secret;
  const literal = secret.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  return new RegExp(`(?<![\\p{L}\\p{N}_])${literal}(?![\\p{L}\\p{N}_])`, "gu");
}
