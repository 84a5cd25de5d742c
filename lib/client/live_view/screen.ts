import type { Host } from "../../platform/runtime/host.ts";

/**
 * The alternate screen of the terminal, without a cursor, and without autowrap: a character may be wider than it is counted.
 * What was on the terminal comes back afterwards.
 */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[H\x1b[2J";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/** What brings a terminal from the lines `before` to the lines `after`: the changed ones, each written once. */
export function repaint(before: readonly string[], after: readonly string[]): string {
  const length = Math.max(before.length, after.length);
  return Array.from({ length }, (_, at) => {
    const line = after[at] ?? "";
    return line === (before[at] ?? "") ? "" : `\x1b[${at + 1};1H\x1b[2K${line}`;
  }).join("");
}

/** A terminal on which a picture is drawn again and again, one drawing after the other. */
export class Screen {
  readonly #host: Host;
  readonly #picture: () => readonly string[];
  readonly #onGone: (error: unknown) => void;
  #isOn = false;
  /** What is on the screen; null if that must be cleared. */
  #drawn: readonly string[] | null = [];
  #isDue = false;
  #drawing: Promise<void> | null = null;

  /**
   * @param picture The lines to draw.
   * @param onGone Is called when nothing can be drawn: with the error, null if the terminal is not read any more.
   */
  constructor(host: Host, picture: () => readonly string[], onGone: (error: unknown) => void) {
    this.#host = host;
    this.#picture = picture;
    this.#onGone = onGone;
  }

  /** Takes the terminal over, and draws the picture. */
  async enter(): Promise<void> {
    await this.#host.write("stdout", ENTER);
    this.#drawn = [];
    this.#isOn = true;
    this.draw();
  }

  /** Draws the picture; after a drawing that is under way. Not before {@linkcode enter} and after {@linkcode leave}. */
  draw(): void {
    if (!this.#isOn) return;
    this.#isDue = true;
    this.#drawing ??= this.#drawAll().catch(this.#onGone).finally(() => this.#drawing = null);
  }

  /** Draws all of it, also what has not changed: the terminal has another size. */
  drawAgain(): void {
    this.#drawn = null;
    this.draw();
  }

  /** Restores the terminal, then writes `text` on it. */
  async leave(text: string): Promise<void> {
    this.#isOn = this.#isDue = false;
    await this.#drawing;
    await this.#host.write("stdout", LEAVE + text).catch(() => {}); // the terminal may be gone
  }

  async #drawAll(): Promise<void> {
    while (this.#isDue) {
      this.#isDue = false;
      const lines = this.#picture();
      const change = (this.#drawn === null ? "\x1b[2J" : "") + repaint(this.#drawn ?? [], lines);
      this.#drawn = lines;
      if (change !== "" && !await this.#host.write("stdout", change)) this.#onGone(null);
    }
  }
}
