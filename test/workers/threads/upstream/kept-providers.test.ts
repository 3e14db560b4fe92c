/** What a thread has learned of a provider is kept by its object, from one version of the config to the next. */
import { expect, it } from 'vitest';
import type { ProviderRoute, RouteTable } from '../../../../src/shared/routes.js';
import { createBreakers } from '../../../../src/workers/threads/upstream/breakers.js';
import { withKnownProviders } from '../../../../src/workers/threads/upstream/kept-providers.js';
import { credential, providerRoute } from '../../../support/routes.js';

const table = (...providers: ProviderRoute[]): RouteTable =>
  structuredClone({ providers: Object.fromEntries(providers.map((one) => [one.id, one])) }) as RouteTable;

it('is the same object when nothing of it has changed', () => {
  const known = table(providerRoute(), providerRoute({ id: 'other' }));
  const next = withKnownProviders(
    table(providerRoute(), providerRoute({ id: 'other', headers: { a: 'b' } })),
    known,
  );
  expect(next.providers.mock).toBe(known.providers.mock);
  expect(next.providers.other).not.toBe(known.providers.other);
  expect(next.providers.other?.headers).toEqual({ a: 'b' });
});

it('keeps a credential that is the same, at the same address', () => {
  const [one, two] = [credential('one', { id: 'one' }), credential('two', { id: 'two' })];
  const known = table(providerRoute({ credentials: [one, two] }));
  const changed = providerRoute({ credentials: [credential('new', { id: 'one' }), two] });
  const next = withKnownProviders(table(changed), known).providers.mock;
  expect(next?.credentials[0]?.secret).toBe('new');
  expect(next?.credentials[1]).toBe(known.providers.mock?.credentials[1]);
  const moved = withKnownProviders(table({ ...changed, baseUrl: 'http://127.0.0.1:2/v1' }), known);
  expect(moved.providers.mock?.credentials[1]).not.toBe(known.providers.mock?.credentials[1]);
});

it('is forgotten with its origin', () => {
  const breakers = createBreakers(() => 0);
  const before = breakers.of(providerRoute());
  breakers.keepOnly([providerRoute()]);
  expect(breakers.of(providerRoute())).toBe(before);
  breakers.keepOnly([]);
  expect(breakers.of(providerRoute())).not.toBe(before);
});
