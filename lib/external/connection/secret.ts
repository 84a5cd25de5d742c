/** A text that nobody may read by accident: printed, joined or written as JSON it is `***`. */
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

/** What is shorter stands by chance in many a word, in characters. */
const TELLING_LENGTH = 8;

/**
 * `text`, which a server wrote, with `***` where one of `secrets` stands: it may repeat in its answer what it was sent. A
 * secret so short that it is in common words is seen where it stands alone.
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
