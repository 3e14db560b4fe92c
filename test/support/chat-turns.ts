/** What tests of chat turns do with a client over and over. */
import { randomUUID } from 'node:crypto';
import type { ControlClient, Frame } from './control-client.js';
import { ofRun, story } from './run-story.js';
import { answer } from './session-calls.js';

/** A turn that ends only when it is told to. */
export const LONG = '/trickle 1000 50';

/** Gives the run's id, once it is accepted. */
export async function sendTurn(
  client: ControlClient,
  sessionKey: string,
  message: string,
  more: object = {},
): Promise<string> {
  const idempotencyKey = randomUUID();
  const { status } = await answer(client, 'chat.send', { sessionKey, message, idempotencyKey, ...more });
  if (status !== 'started') throw new Error(`chat.send: ${String(status)}`);
  return idempotencyKey;
}

/** Resolves when its life has begun. */
export async function started(client: ControlClient, runId: string): Promise<void> {
  await client.frame('start', ({ event, payload }) => event === 'agent' && payload?.runId === runId);
}

/** The payload of its last `chat` event. */
export async function ended(client: ControlClient, runId: string): Promise<Record<string, unknown>> {
  const { payload } = await client.frame('end', (frame) => isLast(frame) && ofRun(runId)(frame));
  return payload ?? {};
}

/** How it ended: `final`, `aborted`, `error`. More than one is one too many. */
export function endsOf({ frames }: ControlClient, runId: string): string[] {
  return frames
    .filter((frame) => isLast(frame) && ofRun(runId)(frame))
    .map(({ payload }) => String(payload?.state));
}

/** Its story without answers to requests. */
export function eventsOf({ frames }: ControlClient, runId: string): string[] {
  return story(frames, runId).filter((line) => !line.startsWith('res'));
}

/** What people have said in a session, in order. */
export async function userTexts(client: ControlClient, sessionKey: string): Promise<string[]> {
  const { messages } = await answer(client, 'chat.history', { sessionKey, limit: 1_000 });
  return (messages as { role: string; content: { text: string }[] }[])
    .filter(({ role }) => role === 'user')
    .map(({ content }) => content.map(({ text }) => text).join(''));
}

function isLast({ event, payload }: Frame): boolean {
  return event === 'chat' && payload?.state !== 'delta';
}
