import { chownSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { expect, it } from 'vitest';
import { openEmbeddedStore } from '../../../src/primary/store/embedded.js';
import { openSessionReader } from '../../../src/primary/store/session-reader.js';
import { StoreError } from '../../../src/primary/store/store.js';
import { storeContract } from './contract.js';

const temporary = (): string => mkdtempSync(join(tmpdir(), 'pllan-store-'));

storeContract('the embedded store', () => {
  const dir = temporary();
  return {
    open: async () => openEmbeddedStore(dir),
    async reopen(store) {
      await store.close();
      return openEmbeddedStore(dir);
    },
    dispose: async () => rmSync(dir, { recursive: true }),
  };
});

it.each([
  ['is not one', (file: string) => writeFileSync(file, 'not a database'.repeat(1_000))],
  ['is too short to be one', (file: string) => writeFileSync(file, 'x')],
  ['was cut off', (file: string) => truncateSync(file, statSync(file).size - 1)],
  ['lost its second half', (file: string) => truncateSync(file, 4_096)],
])('a store that %s is left in place and named', async (_what, damage) => {
  const dir = temporary();
  const store = openEmbeddedStore(dir);
  await store.commit([]);
  await store.close();
  damage(join(dir, 'data.mdb'));
  expect(() => openEmbeddedStore(dir)).toThrow(StoreError);
  expect(() => openEmbeddedStore(dir)).toThrow(dir);
  expect(readdirSync(dir)).toContain('data.mdb');
  rmSync(dir, { recursive: true });
});

it('what root makes of a store is its folder’s owner’s', async () => {
  const dir = temporary();
  // Only root can give a file away.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(dir, 65_534, 65_534);
  const uid = isRoot ? 65_534 : process.getuid?.();
  const owners = (): object => ['data.mdb', 'lock.mdb'].map((name) => statSync(join(dir, name)).uid);
  const store = openEmbeddedStore(dir);
  await store.close();
  expect(owners()).toEqual([uid, uid]);
  rmSync(join(dir, 'lock.mdb'));
  await openSessionReader(dir).close();
  expect(owners()).toEqual([uid, uid]);
  rmSync(dir, { recursive: true });
});

it('counts deliveries anew that an older release has changed, which keeps no count', async () => {
  const dir = temporary();
  const route = { channel: 'net', accountId: 'a', kind: 'direct', id: 'c' } as const;
  const store = openEmbeddedStore(dir);
  const deliveries = ['A', 'B'].map((id) => ({ id, route, text: id, kind: 'reply', createdAt: 1 }) as const);
  await store.commit(deliveries.map((delivery) => ({ type: 'delivery', delivery })));
  await store.close();
  const older = open({ path: dir, maxDbs: 32, encoding: 'msgpack' });
  const waiting = older.openDB({ name: 'open-deliveries' });
  for (const key of Array.from(waiting.getKeys({ limit: 1 }))) await waiting.remove(key);
  await older.close();
  const again = openEmbeddedStore(dir);
  expect(await again.deliveries.counts(route)).toEqual({ waiting: 1, failed: 0, unknown: 0 });
  await again.close();
  rmSync(dir, { recursive: true });
});

it('nobody else can read its files', async () => {
  const before = process.umask(0o077);
  const dir = join(temporary(), 'store');
  const store = openEmbeddedStore(dir);
  await store.commit([]);
  process.umask(before);
  expect(['', 'data.mdb', 'lock.mdb'].map((name) => statSync(join(dir, name)).mode & 0o077)).toEqual([
    0, 0, 0,
  ]);
  await store.close();
  rmSync(dir, { recursive: true });
});
