/**
 * Rows that come and go by the thousand each second, found by a number. Used where a `Map` or a `Set` would do
 * the same: once V8 has moved one of those to the old generation, it allocates every table that it grows into there
 * too, and each dead table keeps what was in it alive until the next full collection. Under load a fifth of all
 * that requests allocated was kept that way, for a quarter of the CPU time.
 */

/** Ids of one table never repeat: slot + round * slots. A row's slot is used again when it was deleted. */
const SLOTS = 2 ** 20;

export class SlotTable<Id extends number, Row> {
  readonly #ids: number[] = [];
  readonly #rows: (Row | undefined)[] = [];
  readonly #free: number[] = [];
  #round = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @throws RangeError when a million rows are in use */
  add(row: Row): Id {
    const slot = this.#free.pop() ?? this.#rows.length;
    if (slot >= SLOTS) throw new RangeError(`more than ${SLOTS} rows`);
    this.#round += 1;
    const id = this.#round * SLOTS + slot;
    this.#ids[slot] = id;
    this.#rows[slot] = row;
    this.#size += 1;
    return id as Id;
  }

  get(id: Id): Row | undefined {
    const slot = slotOf(id);
    return this.#ids[slot] === id ? this.#rows[slot] : undefined;
  }

  /** Takes the row out; undefined when it is not there (any more). */
  delete(id: Id): Row | undefined {
    const slot = slotOf(id);
    if (this.#ids[slot] !== id) return undefined;
    const row = this.#rows[slot];
    this.#ids[slot] = 0;
    this.#rows[slot] = undefined;
    this.#free.push(slot);
    this.#size -= 1;
    return row;
  }

  /** Rows may be added and deleted meanwhile. */
  forEach(visit: (row: Row, id: Id) => void): void {
    for (let slot = 0; slot < this.#rows.length; slot += 1) {
      const row = this.#rows[slot];
      if (row !== undefined) visit(row, this.#ids[slot] as Id);
    }
  }
}

/** The slot of an id: unique among the ids that are in use at one time in the table that gave them. */
export function slotOf(id: number): number {
  return id % SLOTS;
}
