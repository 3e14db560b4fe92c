/** What tests of sessions do with a client over and over. */
import { randomUUID } from 'node:crypto';
import type { ControlClient, Frame } from './control-client.js';
import { waitFor } from './wait-for.js';

export const newKey = (): string => `test-${randomUUID()}`;

/** A whole turn of `agent`; gives its final answer. */
export async function runTurn(client: ControlClient, message: string, sessionKey: string): Promise<Frame> {
  const id = randomUUID();
  client.send({ type: 'req', id, method: 'agent', params: { message, idempotencyKey: id, sessionKey } });
  return client.frame('final', (frame) => frame.id === id && frame.payload?.status !== 'accepted');
}

/** The payload of an answer that has to be one. */
export async function answer(
  client: ControlClient,
  method: string,
  params: object,
): Promise<Record<string, unknown>> {
  const { ok, payload, error } = await client.call(method, params);
  if (!ok || !payload) throw new Error(`${method}: ${error?.message}`);
  return payload;
}

/** How a run has ended: one of `chat.send` that still waits for its turn answers `pending` at once. */
export function runEnded(client: ControlClient, runId: unknown): Promise<Record<string, unknown>> {
  return waitFor('the end of a run', async () => {
    const waited = await answer(client, 'agent.wait', { runId });
    return waited.status !== 'pending' && waited;
  });
}

/** The message of an answer that has to be a refusal. */
export async function refusal(client: ControlClient, method: string, params: object): Promise<string> {
  const { ok, error } = await client.call(method, params);
  if (ok || !error) throw new Error(`${method} was not refused`);
  return `${error.code} ${error.message}`;
}
