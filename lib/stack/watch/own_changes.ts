/** So many changes in a row, each so soon after a launch in ms, look as if the process wrote the files itself. */
const MOST = 10;
const SOON_MS = 10_000;

/** The changes in a row by which a process may restart itself. */
export class OwnChanges {
  #count = 0;
  #path = "";

  /**
   * Counts a change of `path`.
   *
   * @param sinceMs Since the process was launched, or since it has exited by itself; null if neither is so.
   */
  add(path: string, sinceMs: number | null): void {
    if (sinceMs === null) return;
    this.#count = sinceMs < SOON_MS ? this.#count + 1 : 0;
    this.#path = path;
  }

  /** What a person should know; null if there is nothing. */
  get warning(): string | null {
    if (this.#count < MOST) return null;
    return `A change of ${this.#path} has restarted it ${this.#count} times in a row, each within ${
      SOON_MS / 1000
    } s of ` +
      "its launch: if it writes that itself, leave it out of `watch`";
  }
}
