/** Colours text for a terminal; without colour, every function returns its text unchanged. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  /** In one of {@linkcode HUES} colours that tell things apart; none is that of an error or a warning. */
  hue(index: number, text: string): string;
}

/** Cyan, magenta, blue and green, ordinary and bright (xterm). */
const HUE_CODES = [36, 35, 34, 32, 96, 95, 94, 92];

/** How many colours {@linkcode Paint.hue} has. */
export const HUES: number = HUE_CODES.length;

/** A {@linkcode Paint} that writes the SGR escape sequences of ECMA-48, or none. */
export function paintFor(isColoured: boolean): Paint {
  const code = (open: number, close: number) => (text: string) =>
    isColoured ? `\x1b[${open}m${text}\x1b[${close}m` : text;
  return {
    bold: code(1, 22),
    dim: code(2, 22),
    red: code(31, 39),
    green: code(32, 39),
    yellow: code(33, 39),
    hue: (index, text) => code(HUE_CODES[index % HUES]!, 39)(text),
  };
}

/** Whether output may be coloured: it goes to a terminal, and NO_COLOR (no-color.org) is not set. */
export function wantsColour(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  const { NO_COLOR, TERM } = env;
  return isTerminal && (NO_COLOR === undefined || NO_COLOR === "") && TERM !== "dumb";
}
