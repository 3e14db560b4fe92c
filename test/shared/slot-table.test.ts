import { describe, expect, it } from 'vitest';
import { SlotTable, slotOf } from '../../src/shared/slot-table.js';

describe('a slot table', () => {
  it('finds a row by its id until it is deleted', () => {
    const table = new SlotTable<number, string>();
    const id = table.add('a');
    expect([table.get(id), table.size]).toEqual(['a', 1]);
    expect([table.delete(id), table.delete(id), table.get(id), table.size]).toEqual([
      'a',
      undefined,
      undefined,
      0,
    ]);
  });

  it('uses a slot again, under another id', () => {
    const table = new SlotTable<number, string>();
    const first = table.add('a');
    table.delete(first);
    const second = table.add('b');
    expect(slotOf(second)).toBe(slotOf(first));
    expect([table.get(first), table.delete(first), table.get(second)]).toEqual([undefined, undefined, 'b']);
  });

  it('gives rows that live at one time different slots', () => {
    const table = new SlotTable<number, number>();
    const ids = Array.from({ length: 100 }, (_, i) => table.add(i));
    for (const id of ids.filter((_, i) => i % 3 === 0)) table.delete(id);
    const more = Array.from({ length: 50 }, (_, i) => table.add(1_000 + i));
    const live = [...ids.filter((_, i) => i % 3 !== 0), ...more];
    expect(new Set(live.map(slotOf)).size).toBe(live.length);
    expect(table.size).toBe(live.length);
  });

  it('visits every row, also when rows are deleted meanwhile', () => {
    const table = new SlotTable<number, string>();
    for (const row of ['a', 'b', 'c']) table.add(row);
    const visited: string[] = [];
    table.forEach((row, id) => {
      visited.push(row);
      table.delete(id);
    });
    expect([visited, table.size]).toEqual([['a', 'b', 'c'], 0]);
  });
});
