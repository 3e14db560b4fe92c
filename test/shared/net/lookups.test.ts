import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createLookups } from '../../../src/shared/net/lookups.js';

const { signal } = new AbortController();

/** Lookups whose answers come when the test says so. */
function heldLookups(atOnce: number) {
  const asked: string[] = [];
  const answers = new Map<string, (addresses: readonly string[] | Error) => void>();
  const lookup = createLookups((host) => {
    asked.push(host);
    return new Promise((resolve, reject) => {
      answers.set(host, (said) => (said instanceof Error ? reject(said) : resolve(said)));
    });
  }, atOnce);
  const answer = async (host: string, said: readonly string[] | Error): Promise<void> => {
    answers.get(host)?.(said);
    await nextTurn();
  };
  return { asked, lookup, answer };
}

it('asks for a few names at a time, the others in order', async () => {
  const { asked, lookup, answer } = heldLookups(2);
  const found = ['a', 'b', 'c', 'd'].map((host) => lookup(host, signal));
  expect(asked).toEqual(['a', 'b']);
  await answer('b', ['192.0.2.2']);
  expect(asked).toEqual(['a', 'b', 'c']);
  await answer('a', ['192.0.2.1']);
  await answer('d', ['192.0.2.4']);
  await answer('c', ['192.0.2.3']);
  expect(await Promise.all(found)).toEqual([['192.0.2.1'], ['192.0.2.2'], ['192.0.2.3'], ['192.0.2.4']]);
});

it('a name that is not found makes room as well', async () => {
  const { asked, lookup, answer } = heldLookups(1);
  const missing = expect(lookup('a', signal)).rejects.toThrow('ENOTFOUND');
  void lookup('b', signal);
  await answer('a', new Error('ENOTFOUND'));
  await missing;
  expect(asked).toEqual(['a', 'b']);
});

it('does not ask any more for those who have given up', async () => {
  const { asked, lookup, answer } = heldLookups(1);
  const end = new AbortController();
  void lookup('a', signal);
  const late = expect(lookup('b', end.signal)).rejects.toThrow('too late');
  void lookup('c', signal);
  end.abort(new Error('too late'));
  await answer('a', []);
  await late;
  expect(asked).toEqual(['a', 'c']);
});
