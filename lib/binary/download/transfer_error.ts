/** There is no connection. Trying again at once is of no use, unless `isBroken`. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
  /** The connection was there, or nearly, and broke. */
  readonly isBroken: boolean;

  constructor(message: string, options: { isBroken?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.isBroken = options.isBroken === true;
  }
}

/** The connection was there and broke, or stalled: worth another try. */
export class Broken extends Error {
  override readonly name = "Broken";
}
