/** What happens to old sessions by itself: resets at the next message, and maintenance (runs-and-events.md §7, §9). */
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { connectControl, type Frame } from '../../support/control-client.js';
import { startFor } from '../../support/gateway.js';
import { oldSession, seedStore } from '../../support/seed-store.js';
import { answer, runTurn } from '../../support/session-calls.js';
import { waitFor } from '../../support/wait-for.js';

const HOUR = 3_600_000;
const session = { reset: { mode: 'idle', idleMinutes: 60 }, resetByType: { group: { mode: 'none' } } };

it('a session that was idle begins anew with its next message, and keeps its preferences', async (test) => {
  const [direct, group] = ['agent:main:main', 'agent:main:irc:group:1'];
  const stateDir = await seedStore([direct, group].flatMap((key) => oldSession(key, 2 * HOUR)));
  const gateway = await startFor(test, { stateDir, config: { session } });
  const client = await connectControl(gateway.wsUrl);
  const texts = async (key: string): Promise<string[]> => {
    const { messages } = await answer(client, 'sessions.get', { key });
    return (messages as { content: { text: string }[] }[]).map(({ content }) => content[0]?.text ?? '');
  };
  expect(await texts(direct)).toEqual(['long ago']);

  const params = { sessionKey: direct, message: 'Hi', idempotencyKey: randomUUID() };
  await Promise.all([answer(client, 'chat.send', params), answer(client, 'chat.send', params)]);
  const isEnd = ({ event, payload }: Frame): boolean => event === 'chat' && payload?.state === 'final';
  await client.frame('chat end', isEnd);
  expect(await texts(direct)).toEqual(['Hi', 'Hi']);
  const { session: row } = await answer(client, 'sessions.describe', { key: direct });
  expect(row).toMatchObject({ thinkingLevel: 'low', inputTokens: 1 });
  await runTurn(client, 'again', direct);
  expect(await texts(direct)).toEqual(['Hi', 'Hi', 'again', 'again']);
  expect(gateway.logLines().filter(({ event }) => event === 'session.reset')).toMatchObject([
    { key: direct, message: `session ${direct} begins anew (idle)` },
  ]);

  await runTurn(client, 'Hi', group);
  expect(await texts(group)).toEqual(['long ago', 'Hi', 'Hi']);
});

it('old sessions are removed soon after the start, and while that goes on everything is answered', async (test) => {
  const many = Array.from({ length: 300 }, (_, n) => `agent:main:s${n}`);
  const stateDir = await seedStore([
    ...many.flatMap((key) => oldSession(key, 40 * 24 * HOUR)),
    ...oldSession('agent:main:main', 40 * 24 * HOUR),
    ...oldSession('agent:main:young', HOUR),
  ]);
  const gateway = await startFor(test, { stateDir });
  const client = await connectControl(gateway.wsUrl);
  const listed = async (): Promise<string[]> => {
    const { sessions } = await answer(client, 'sessions.list', { limit: 1_000 });
    return (sessions as { key: string }[]).map(({ key }) => key);
  };
  expect(
    await waitFor('the end', async () => {
      const keys = await listed();
      return keys.length <= 2 ? keys : undefined;
    }),
  ).toEqual(['agent:main:young', 'agent:main:main']);
  const removed = gateway.logLines().filter(({ event }) => event === 'session.removed');
  expect(removed).toHaveLength(300);
  expect(removed[0]).toMatchObject({
    why: 'age',
    archive: expect.stringMatching(/^old-agent-main-s\d+\.jsonl\.deleted\.\d+$/),
  });
  expect(await answer(client, 'sessions.create', { key: 'agent:main:s1', message: 'Hi' })).toMatchObject({
    runStarted: true,
  });
});

it('with mode warn they stay', async (test) => {
  const stateDir = await seedStore(oldSession('agent:main:old', 10_000));
  const config = { session: { maintenance: { mode: 'warn', pruneAfter: '5s', maxEntries: 1 } } };
  const gateway = await startFor(test, { stateDir, config });
  await waitFor('the warning', () =>
    gateway.logLines().find(({ event }) => event === 'sessions.would-remove'),
  );
  const client = await connectControl(gateway.wsUrl);
  expect(await answer(client, 'sessions.list', {})).toMatchObject({ count: 1 });
});
