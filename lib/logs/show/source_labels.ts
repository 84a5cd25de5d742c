import { HUES, type Paint } from "../../text/paint.ts";
import { SUPERVISOR } from "./sources.ts";

/** Room for the names that there always are, so that nothing moves when another log appears. */
const LEAST_WIDTH = "supervisor".length;

/** What stands before each line, to tell whose it is: `temporal   | `. Each name has a colour, which follows from the name. */
export class SourceLabels {
  readonly #paint: Paint;
  readonly #hues = new Map<string, number>();
  #width = LEAST_WIDTH;

  /** @param sources Those that are known yet; their labels have the same width. */
  constructor(paint: Paint, sources: readonly string[] = []) {
    this.#paint = paint;
    for (const source of sources) this.#add(source);
  }

  label(source: string): string {
    const hue = this.#add(source);
    const text = `${source.padEnd(this.#width)} |`;
    return `${source === SUPERVISOR ? this.#paint.dim(text) : this.#paint.hue(hue, text)} `;
  }

  /** The colour of `source`; another one than the name gives if that is taken, and one is free. */
  #add(source: string): number {
    const known = this.#hues.get(source);
    if (known !== undefined) return known;
    let hue = hash(source) % HUES;
    const taken = new Set(this.#hues.values());
    while (taken.has(hue) && taken.size < HUES) hue = (hue + 1) % HUES;
    this.#hues.set(source, hue);
    this.#width = Math.max(this.#width, source.length);
    return hue;
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let result = 0x811c9dc5;
  for (const letter of text) result = Math.imul(result ^ letter.codePointAt(0)!, 0x01000193);
  return result >>> 0;
}
