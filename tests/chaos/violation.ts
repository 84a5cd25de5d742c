/** Something happened that must never happen. Ends the run. */
export class Violation extends Error {
  override readonly name = "Violation";
  /** What belongs to it, to be printed: outputs, process lists. */
  readonly details: string;

  constructor(message: string, details = "") {
    super(message);
    this.details = details;
  }
}
