/** Lets those who wait for a state look again whenever something has changed. */
export class Changes {
  readonly #waiters = new Set<() => void>();

  /** Something has changed: all who wait look again. */
  tell(): void {
    for (const look of [...this.#waiters]) look();
  }

  /** Resolves with what `pick` gives as soon as that is not null; it is asked now, and after each change. */
  until<Picked>(pick: () => Picked | null): Promise<Picked> {
    return new Promise((resolve) => {
      const look = () => {
        const picked = pick();
        if (picked === null) return;
        this.#waiters.delete(look);
        resolve(picked);
      };
      this.#waiters.add(look);
      look();
    });
  }
}
