/** What is said after a restart; with a gateway it is tested in test/integration/restart. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createRestartSentinel, type RestartSentinel } from '../../../src/primary/restart/sentinel.js';
import { createSessions, type Sessions } from '../../../src/primary/sessions/sessions.js';
import { openEmbeddedStore } from '../../../src/primary/store/embedded.js';
import type { Store } from '../../../src/primary/store/store.js';
import { createLogger } from '../../../src/shared/log/logger.js';
import type { SessionKey } from '../../../src/shared/store/records.js';
import { temporaryDir } from '../../support/gateway.js';

const KEY = 'agent:main:work' as SessionKey;
const NOW = 1_760_000_000_000;

let file: string;
let store: Store;
let sessions: Sessions;
let lines: string[];

beforeEach(() => {
  const dir = temporaryDir();
  file = join(dir, 'restart-sentinel.json');
  store = openEmbeddedStore(join(dir, 'store'));
  sessions = createSessions({
    store,
    scheme: () => ({ defaultAgentId: 'main', mainKey: 'main', scope: 'per-sender' }),
    workspace: () => dir,
    observer: { changed: () => {}, hears: () => false, appended: () => {} },
  });
  lines = [];
});
afterEach(() => store.close());

/** As the gateway has one in each of its starts. */
function open(): RestartSentinel {
  const sink = { write: (line: string) => lines.push((JSON.parse(line) as { message: string }).message) };
  const log = createLogger({ sink, level: 'info', subsystem: 'test' });
  return createRestartSentinel({ file, sessions, log, now: () => NOW });
}

async function told(): Promise<string[]> {
  const { systemEvents = [] } = (await sessions.get(KEY)) ?? {};
  return systemEvents.map(({ text }) => text);
}

it('is said by the next start, once', async () => {
  const payload = { kind: 'config-patch', status: 'ok', ts: NOW, sessionKey: 'work', message: 'Done.' };
  expect(open().leave({ kind: 'config-patch', sessionKey: 'work', message: 'Done.' })).toEqual({
    persisted: true,
    payload,
  });
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ version: 1, payload });
  const next = open();
  await next.arrive();
  expect(next.last).toEqual(payload);
  expect(existsSync(file)).toBe(false);
  await open().arrive();
  expect(await told()).toEqual(['Gateway restart (config-patch): ok\nDone.']);
});

it('without a session it is only remembered', async () => {
  open().leave({ kind: 'restart' });
  const next = open();
  await next.arrive();
  expect(next.last).toEqual({ kind: 'restart', status: 'ok', ts: NOW });
  expect(existsSync(file)).toBe(false);
});

it('stays for the start after the next where it cannot be said', async () => {
  open().leave({ kind: 'restart', sessionKey: 'work' });
  const failing = createRestartSentinel({
    file,
    sessions: { ...sessions, commit: () => Promise.reject(new Error('disk full')) },
    log: createLogger({ sink: { write: () => {} }, level: 'info', subsystem: 'test' }),
    now: () => NOW,
  });
  await failing.arrive();
  expect(existsSync(file)).toBe(true);
  await open().arrive();
  expect(await told()).toEqual(['Gateway restart (restart): ok']);
});

it('of a restart that was not to be it is said at once, and why', async () => {
  const sentinel = open();
  sentinel.leave({ kind: 'restart', sessionKey: 'work', message: 'New port.' });
  await sentinel.failed('Config invalid');
  expect(sentinel.last).toMatchObject({ status: 'error', message: 'New port.\nConfig invalid' });
  expect(existsSync(file)).toBe(false);
  await sentinel.failed('again');
  expect(await told()).toEqual(['Gateway restart (restart): error\nNew port.\nConfig invalid']);
});

it.each([
  ['no JSON', '{'],
  ['of another version', '{"version":2,"payload":{"kind":"restart","status":"ok","ts":1}}'],
  ['of a kind that nobody knows', '{"version":1,"payload":{"kind":"x","status":"ok","ts":1}}'],
  ['too large', `{"version":1,"more":"${'x'.repeat(70_000)}"}`],
])('what is %s is removed, and told to the operator', async (_what, content) => {
  writeFileSync(file, content);
  const sentinel = open();
  await sentinel.arrive();
  expect({ last: sentinel.last, there: existsSync(file) }).toEqual({ last: null, there: false });
  expect(lines).toEqual([`${file} is not understood, and was removed`]);
});
