/** Puts things into the store of a gateway that does not run yet, such as sessions of long ago. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openEmbeddedStore } from '../../src/primary/store/embedded.js';
import type { Change } from '../../src/primary/store/store.js';
import { temporaryDir } from './gateway.js';

/** Gives the state dir. */
export async function seedStore(changes: readonly Change[]): Promise<string> {
  const stateDir = temporaryDir();
  const dir = join(stateDir, 'store');
  mkdirSync(dir, { mode: 0o700 });
  const store = openEmbeddedStore(dir);
  await store.commit(changes);
  await store.close();
  return stateDir;
}

/** A session that was used last so long ago, with one message in it. */
export function oldSession(key: string, ageMs: number): Change[] {
  const at = Date.now() - ageMs;
  const sessionId = `old-${key.replaceAll(':', '-')}`;
  const timestamp = new Date(at).toISOString();
  const said = { role: 'user', content: [{ type: 'text', text: 'long ago' }], timestamp: at };
  return [
    {
      type: 'session',
      key: key as never,
      entry: {
        sessionId,
        updatedAt: at,
        sessionStartedAt: at,
        lastInteractionAt: at,
        thinkingLevel: 'low',
        inputTokens: 7,
      },
    },
    {
      type: 'append',
      sessionId,
      entries: [
        { type: 'session', id: sessionId, version: 3, timestamp, cwd: '/' },
        { type: 'message', id: '00000001', parentId: null, timestamp, message: said },
      ],
    },
  ];
}

/** A run that was going on when its gateway was killed. */
export function interruptedRun(runId: string): Change {
  const at = Date.now();
  const run = {
    runId,
    method: 'agent',
    sessionKey: `agent:main:${runId}` as never,
    sessionId: runId,
    agentId: 'main',
    message: 'Hi',
    acceptedAt: at,
    startedAt: at,
  } as const;
  return { type: 'run', run };
}
