/** Lines that a turn adds to its transcript while it goes on: they are stored in order, and before its end. */

export class RunLines {
  #last: Promise<void> = Promise.resolve();
  #failed = false;

  /** @param failed is told of the first that cannot be stored; what comes after it is not */
  add(store: () => Promise<void>, failed: (caught: unknown) => void): void {
    this.#last = this.#last.then(async () => {
      if (this.#failed) return;
      try {
        await store();
      } catch (caught) {
        this.#failed = true;
        failed(caught);
      }
    });
  }

  /** Resolves when all are on disk. @throws Error when one is not */
  async stored(): Promise<void> {
    await this.#last;
    if (this.#failed) throw new Error('what its tools did could not be stored');
  }
}
