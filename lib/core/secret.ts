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

/** `text` with `***` where one of `secrets` stands: a server may repeat in its answer what it was sent. */
export function redact(text: string, secrets: readonly Secret[]): string {
  return secrets.map((secret) => secret.reveal().trim()).filter((secret) => secret !== "")
    .reduce((rest, secret) => rest.replaceAll(secret, "***"), text);
}

/** `value`, plain data, with {@linkcode redact} done to every text in it. */
export function redactAll<T>(value: T, secrets: readonly Secret[]): T {
  const redacted = (_key: string, each: unknown) => typeof each === "string" ? redact(each, secrets) : each;
  return JSON.parse(JSON.stringify(value, redacted)) as T;
}
