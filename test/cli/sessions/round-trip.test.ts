/** Sessions out of a store, into an empty one, and out again: not a byte is another. */
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEmbeddedStore } from '../../../src/primary/store/embedded.js';
import type { Change } from '../../../src/primary/store/store.js';
import type { SessionEntry, SessionKey, TranscriptEntry } from '../../../src/shared/store/records.js';
import { cli, temporaryHome } from '../support/cli.js';

/** Any text, and text that is easily broken on the way. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', '\u2028\u2029', '\uFEFF', '"\\\n\r\0', 'é'.normalize('NFD'), '👨‍👩‍👧', '\uFFFF', '__proto'),
);
/** Fields that this version does not know; what JSON cannot say is not among them. */
const unknown = fc.dictionary(
  fc.string().filter((name) => name !== '__proto__'),
  fc.jsonValue({ stringUnit: 'grapheme' }),
  { maxKeys: 4 },
);
const hex = (value: number): string => value.toString(16).padStart(8, '0');
const id = fc.nat(0xffffffff).map(hex);
const timestamp = fc.nat(4_000_000_000_000).map((at) => new Date(at).toISOString());

const message = fc
  .record({
    unknown,
    id,
    timestamp,
    role: fc.constantFrom('user', 'assistant', 'toolResult'),
    texts: fc.array(text, { maxLength: 3 }),
    /** Now and then a line that no buffer holds. */
    repeat: fc.oneof(
      { weight: 20, arbitrary: fc.constant(1) },
      { weight: 1, arbitrary: fc.constant(200_000) },
    ),
  })
  .map(({ unknown, id, timestamp, role, texts, repeat }) => ({
    ...unknown,
    type: 'message',
    id,
    parentId: null,
    timestamp,
    message: { ...unknown, role, content: texts.map((one) => ({ type: 'text', text: one.repeat(repeat) })) },
  }));
const other = fc
  .record({ unknown, id, timestamp, type: fc.constantFrom('custom', 'model_change', 'of-tomorrow') })
  .map(({ unknown, ...line }) => ({ ...unknown, ...line }));
const compaction = fc
  .record({ unknown, id, timestamp, summary: text })
  .map(({ unknown, ...line }) => ({ ...unknown, type: 'compaction', ...line }));

interface Session {
  readonly key: SessionKey;
  readonly entry: SessionEntry;
  readonly lines: readonly TranscriptEntry[];
  readonly trimmed: number;
}

const session: fc.Arbitrary<Session> = fc
  .record({
    unknown,
    rest: fc.stringMatching(/^[a-z0-9:_ü-]{1,40}$/),
    sessionId: fc.uuid(),
    updatedAt: fc.nat(4_000_000_000_000),
    archived: fc.boolean(),
    lines: fc.array(fc.oneof(message, other, compaction), { maxLength: 40 }),
    hasTranscript: fc.boolean(),
    trimmed: fc.nat(5),
  })
  .map(({ unknown, rest, sessionId, updatedAt, archived, lines, hasTranscript, trimmed }) => ({
    key: `agent:main:${rest}` as SessionKey,
    entry: { displayName: 'x', ...unknown, sessionId, updatedAt, archived, sessionFile: undefined },
    lines: hasTranscript
      ? [
          { type: 'session', version: 3, id: sessionId, timestamp: '2026-01-01T00:00:00.000Z', ...unknown },
          ...lines,
        ]
      : [],
    trimmed,
  }))
  .map((made) => made as Session);

async function storeWith(sessions: readonly Session[]): Promise<string> {
  const stateDir = temporaryHome();
  mkdirSync(join(stateDir, 'store'));
  const store = openEmbeddedStore(join(stateDir, 'store'));
  for (const { key, entry, lines, trimmed } of sessions) {
    const { sessionId } = entry;
    const changes: Change[] = [{ type: 'session', key, entry }];
    if (lines.length > 0) changes.push({ type: 'append', sessionId, entries: lines });
    if (trimmed > 1 && trimmed < lines.length) changes.push({ type: 'trim', sessionId, start: trimmed });
    await store.commit(changes);
  }
  await store.close();
  return stateDir;
}

async function run(stateDir: string, ...words: string[]): Promise<Record<string, unknown>> {
  const env = { PLLAN_HOME: stateDir, PLLAN_STATE_DIR: stateDir };
  const { stdout } = await cli(['sessions', ...words, '--json'], { env });
  return JSON.parse(stdout) as Record<string, unknown>;
}

function filesOf(dir: string): Record<string, string> {
  return Object.fromEntries(readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), 'utf8')]));
}

test('export, import and export give the same files', async () => {
  const sessions = fc.uniqueArray(session, {
    maxLength: 6,
    selector: ({ key }) => key,
    comparator: 'IsStrictlyEqual',
  });
  await fc.assert(
    fc.asyncProperty(sessions, async (made) => {
      const [first, second] = [join(temporaryHome(), 'out'), join(temporaryHome(), 'out')];
      expect(await run(await storeWith(made), 'export', first)).toMatchObject({ ok: true });
      for (const { entry, lines, trimmed } of made.filter(({ lines }) => lines.length > 0)) {
        const [head, ...rest] = lines.map((line) => `${JSON.stringify(line)}\n`);
        const shown = trimmed < lines.length ? rest.slice(Math.max(0, trimmed - 1)) : rest;
        expect(filesOf(first)[`${entry.sessionId}.jsonl`]).toBe([head, ...shown].join(''));
      }
      const empty = temporaryHome();
      expect(await run(empty, 'import', first)).toMatchObject({
        ok: true,
        sessions: made.length,
        refused: [],
        skippedLines: 0,
        unnamed: [],
      });
      await run(empty, 'export', second);
      expect(filesOf(second)).toEqual(filesOf(first));
    }),
    { numRuns: 25 },
  );
});

test('images are in the files, and in the store of whoever imports them', async () => {
  const picture = Buffer.alloc(100_000, 'picture');
  const image = { type: 'image', mimeType: 'image/png' };
  const stateDir = await storeWith([]);
  const store = openEmbeddedStore(join(stateDir, 'store'));
  const stored = { ...image, bytes: picture.length, blob: 'name' };
  await store.commit([
    { type: 'session', key: 'agent:main:main' as SessionKey, entry: { sessionId: 's1', updatedAt: 1 } },
    { type: 'append', sessionId: 's1', entries: [head, said(stored)] },
    { type: 'blob', blob: 'name', bytes: picture },
  ]);
  await store.close();
  const [first, second] = [join(temporaryHome(), 'out'), join(temporaryHome(), 'out')];
  await run(stateDir, 'export', first);
  const [, line] = filesOf(first)['s1.jsonl']?.split('\n') ?? [];
  expect(JSON.parse(line ?? '')).toEqual(said({ ...image, data: picture.toString('base64') }));

  const empty = temporaryHome();
  expect(await run(empty, 'import', first)).toMatchObject({ sessions: 1, skippedLines: 0 });
  const imported = openEmbeddedStore(join(empty, 'store'));
  const [, kept] = await imported.transcripts.read('s1', 0, 9);
  const blob = createHash('sha256').update(picture).digest('hex');
  expect(kept?.entry).toEqual(said({ ...image, bytes: picture.length, blob }));
  expect(Buffer.compare((await imported.transcripts.blob(blob)) ?? Buffer.alloc(0), picture)).toBe(0);
  await imported.close();
  await run(empty, 'export', second);
  expect(filesOf(second)).toEqual(filesOf(first));
});

const head: TranscriptEntry = { type: 'session', id: 's1', timestamp: '2026-01-01T00:00:00.000Z' };

function said(block: object): TranscriptEntry {
  return {
    type: 'message',
    id: '00000001',
    timestamp: head.timestamp,
    message: { role: 'user', content: [block] },
  };
}

test('nobody else can read an export', async () => {
  const stateDir = await storeWith([
    {
      key: 'agent:main:main' as SessionKey,
      entry: { sessionId: 's1', updatedAt: 1 },
      lines: [{ type: 'session', id: 's1', timestamp: '2026-01-01T00:00:00.000Z' }],
      trimmed: 0,
    },
  ]);
  const dir = join(temporaryHome(), 'out');
  await run(stateDir, 'export', dir);
  expect(filesOf(dir)).toEqual({
    'sessions.json': '{"agent:main:main":{"sessionId":"s1","updatedAt":1,"sessionFile":"s1.jsonl"}}\n',
    's1.jsonl': '{"type":"session","id":"s1","timestamp":"2026-01-01T00:00:00.000Z"}\n',
  });
  const modes = ['', 'sessions.json', 's1.jsonl'].map((name) => statSync(join(dir, name)).mode & 0o777);
  expect(modes).toEqual([0o700, 0o600, 0o600]);
});
