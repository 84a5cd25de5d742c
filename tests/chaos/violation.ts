/** An invariant was violated. Ends the run. */
export class Violation extends Error {
  override readonly name = "Violation";
  /** Outputs and process lists to print with it. */
  readonly details: string;

  constructor(message: string, details = "") {
    super(message);
    this.details = details;
  }
}
