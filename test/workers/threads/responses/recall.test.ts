/** What earlier answers are recalled, and how much of them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { afterAll, expect, it } from 'vitest';
import { responseLimits } from '../../../../src/shared/limits.js';
import { createRecall } from '../../../../src/workers/threads/responses/recall.js';

const dir = mkdtempSync(join(tmpdir(), 'pllan-recall-'));
const root = open({ path: join(dir, 'store'), maxDbs: 4, encoding: 'msgpack' });
const runs = root.openDB({ name: 'runs' });
const sessions = root.openDB({ name: 'sessions' });
afterAll(async () => {
  await root.close();
  rmSync(dir, { recursive: true });
});

/** Stores an answer. @returns the id of its message */
async function answered(name: string, text: string, changes: object = {}): Promise<string> {
  const result = { payloads: [{ text }], meta: {} };
  const end = { status: 'ok', payload: { result } };
  const run = { sessionKey: name, sessionId: name, http: { callerHash: 'me' }, end, ...changes };
  await runs.put(`resp_${name}`, run);
  await sessions.put(name, { sessionId: name });
  return `msg_${name}`;
}

it('those of the caller whose session is there', async () => {
  const mine = await answered('mine', 'Mine');
  const other = await answered('other', 'Theirs', { http: { callerHash: 'them' } });
  const nobodys = await answered('old', 'Old', { http: {} });
  const failed = await answered('failed', 'No', { end: { status: 'error', payload: {} } });
  const open = await answered('open', 'Not yet', { end: undefined });
  const reset = await answered('reset', 'Before', { sessionId: 'before' });
  const deleted = await answered('deleted', 'Gone', { sessionKey: 'none' });
  const ids = [mine, other, nobodys, failed, open, reset, deleted, 'msg_', 'resp_mine', 'x'.repeat(5_000)];
  expect(createRecall(root, 'me')(ids)).toEqual(['Mine', ...ids.slice(1).map(() => undefined)]);
});

it('the latest, up to a number', async () => {
  const id = await answered('often', 'Again');
  const ids = Array.from({ length: responseLimits.recalled + 1 }, () => id);
  expect(createRecall(root, 'me')(ids)).toEqual([undefined, ...ids.slice(1).map(() => 'Again')]);
});

it('the latest, up to a length', async () => {
  const text = 'x'.repeat(responseLimits.recalledChars / 2);
  const id = await answered('long', text);
  expect(createRecall(root, 'me')([id, id, id])).toEqual([undefined, text, text]);
});
