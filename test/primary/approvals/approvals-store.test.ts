/** The file of approvals: read when it has changed, written whole, and trusted only when it is in order. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createApprovalsStore, type ApprovalsStore } from '../../../src/primary/approvals/approvals-store.js';
import { temporaryDir } from '../../support/gateway.js';

function newStore(): ApprovalsStore {
  return createApprovalsStore(join(temporaryDir(), 'exec-approvals.json'));
}

it('a missing file says nothing', () => {
  expect(newStore().read()).toMatchObject({ exists: false, problem: undefined, file: { version: 1 } });
});

it('sees what others have written', () => {
  const store = newStore();
  writeFileSync(store.path, '{"version":1,"defaults":{"security":"full"}}');
  expect(store.read().file.defaults).toMatchObject({ security: 'full' });
  writeFileSync(store.path, '{"version":1,"defaults":{"security":"deny"}}');
  expect(store.read().file.defaults).toMatchObject({ security: 'deny' });
});

it.each([
  ['{', 'it is not JSON'],
  ['[]', "must have required property 'version'"],
  ['7', 'must be object'],
  ['{"version":2}', 'at /version: must be 1'],
  ['{"version":1,"defaults":{"securty":"full"}}', "unexpected property 'securty'"],
  ['{"version":1,"agents":{"main":{"allowlist":[{"pattern":""}]}}}', 'must not be empty'],
  [' '.repeat(1_048_577), 'more than 1048576 bytes'],
])('nothing may run with the wrong file: %#', (text, why) => {
  const store = newStore();
  writeFileSync(store.path, text);
  const { file, problem } = store.read();
  expect(problem).toContain(why);
  expect(file.defaults).toMatchObject({ security: 'deny' });
});

it('takes what other programs say in theirs', () => {
  const store = newStore();
  writeFileSync(
    store.path,
    JSON.stringify({
      version: 1,
      socket: { path: '/x', token: 'secret' },
      defaults: { security: 'deny', ask: 'on-miss', askFallback: 'deny', autoAllowSkills: false },
      agents: {
        main: { allowlist: [{ id: 'A', pattern: '~/bin/rg', lastUsedAt: 1, lastUsedCommand: 'rg x' }] },
      },
    }),
  );
  expect(store.read().problem).toBeUndefined();
});

it('replaces only what its caller has seen, for its owner alone', () => {
  const store = newStore();
  const { hash } = store.replace('{"version":1}', undefined);
  expect(statSync(store.path).mode & 0o777).toBe(0o600);
  expect(() => store.replace('{"version":1}', undefined)).toThrow('exec approvals base hash required');
  expect(() => store.replace('{"version":1}', 'other')).toThrow('exec approvals changed since last load');
  expect(store.replace('{"version":1,"defaults":{"ask":"always"}}', hash).file.defaults?.ask).toBe('always');
});

it('does not guess what a file says that it cannot read', () => {
  const store = newStore();
  mkdirSync(store.path);
  expect(store.read().problem).toContain('EISDIR');
  expect(() => store.replace('{"version":1}', 'x')).toThrow('exec approvals base hash unavailable');
});

it('adds a program once, and keeps the rest', () => {
  const store = newStore();
  writeFileSync(store.path, '{"version":1,"agents":{"main":{"ask":"off"},"other":{"security":"deny"}}}');
  store.allow('main', '/bin/ls');
  store.allow('main', '/bin/ls');
  expect(JSON.parse(readFileSync(store.path, 'utf8'))).toEqual({
    version: 1,
    defaults: { security: 'allowlist', ask: 'on-miss' },
    agents: { main: { ask: 'off', allowlist: [{ pattern: '/bin/ls' }] }, other: { security: 'deny' } },
  });
});
