/**
 * Fills the store of a gateway that does not run, with the product's own store module: many sessions of a few lines, and one
 * with a large transcript. Says so when it is on disk.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { announce, endWithParent } from './child-lifetime.js';
import { loadOptions, type FillStoreOptions } from './load-protocol.js';

/** Sessions in one commit. */
const batch = 500;
const lineBytes = 4_000;

/** What is used of the product's `src/primary/store/embedded.ts`, which `npm run loadtest` makes a file of. */
interface StoreModule {
  openEmbeddedStore(path: string): {
    commit(changes: readonly object[]): Promise<void>;
    close(): Promise<void>;
  };
}

function lines(sessionId: string, texts: readonly string[]): readonly object[] {
  const timestamp = new Date().toISOString();
  const first = { type: 'session', version: 3, id: sessionId, timestamp, cwd: '/' };
  let parentId: string | null = null;
  const messages = texts.map((text, n) => {
    const message = { role: n % 2 === 0 ? 'user' : 'assistant', content: [{ type: 'text', text }] };
    const line = { type: 'message', id: randomBytes(4).toString('hex'), parentId, timestamp, message };
    parentId = line.id;
    return line;
  });
  return [first, ...messages];
}

function session(name: string, updatedAt: number, texts: readonly string[]): readonly object[] {
  const sessionId = randomUUID();
  const entry = { sessionId, updatedAt, sessionStartedAt: updatedAt, label: `Session ${name}` };
  return [
    { type: 'session', key: `agent:main:${name}`, entry },
    { type: 'append', sessionId, entries: lines(sessionId, texts) },
  ];
}

async function fill({ stateDir, sessions, transcriptBytes }: FillStoreOptions): Promise<void> {
  const module = resolve(import.meta.dirname, '../store/embedded.js');
  const { openEmbeddedStore } = (await import(pathToFileURL(module).href)) as StoreModule;
  const storeDir = join(stateDir, 'store');
  mkdirSync(storeDir, { recursive: true, mode: 0o700 });
  const store = openEmbeddedStore(storeDir);
  const from = Date.now() - sessions * 1_000;
  for (let at = 0; at < sessions; at += batch) {
    const numbers = Array.from({ length: Math.min(batch, sessions - at) }, (_, n) => at + n);
    await store.commit(numbers.flatMap((n) => session(`s-${n}`, from + n * 1_000, ['Hello', 'Hello'])));
  }
  // The last one used: what a start looks at first.
  const texts = Array.from({ length: Math.ceil(transcriptBytes / lineBytes) }, () =>
    randomBytes(lineBytes / 2).toString('hex'),
  );
  await store.commit(session('large', Date.now(), texts));
  await store.close();
}

endWithParent();
await fill(loadOptions<FillStoreOptions>());
await announce({ filled: true });
process.exit(0);
