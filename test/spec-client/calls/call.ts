/** What calls have in common: the story they tell together, and how an answer is compared with its shape. */
import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { expect } from 'vitest';
import type { SpecClient } from '../client.js';
import { sessionKey } from '../primitives.js';

/** What the calls leave for those that follow. */
export interface Story {
  readonly client: SpecClient;
  /** A connected node, which answers what it is asked. */
  readonly node: SpecClient;
  readonly nodeId: string;
  /** A paired device that nobody else uses. */
  readonly spareDeviceId: string;
  /** Makes a new device ask to be paired from afar; gives the request's id. */
  requestPairing(): Promise<string>;
  /** The same for a node. */
  requestNodePairing(): Promise<string>;
  /** A session with a message and an answer. */
  readonly key: string;
  runId: string;
}

/** By method, in an order in which they can follow each other. */
export type Calls = Readonly<Record<string, (story: Story) => Promise<void>>>;

export async function expectOk(
  client: SpecClient,
  method: string,
  params: unknown,
  shape: v.GenericSchema,
): Promise<Record<string, unknown>> {
  const answer = await client.call(method, params);
  expect(answer, `${method} ${JSON.stringify(params)}`).toMatchObject({ ok: true });
  return expectShape(shape, answer.payload, method) as Record<string, unknown>;
}

export function expectShape(shape: v.GenericSchema, value: unknown, what: string): unknown {
  const parsed = v.safeParse(shape, value);
  const problems = (parsed.issues ?? []).map((issue) => `${v.getDotPath(issue) ?? 'root'}: ${issue.message}`);
  expect(problems, `${what}: ${JSON.stringify(value)?.slice(0, 1_000)}`).toEqual([]);
  return value;
}

export const ok = v.looseObject({ ok: v.literal(true) });
export const keyed = v.looseObject({ ok: v.literal(true), key: sessionKey });

/** Sends a message and waits until its run has ended. */
export async function say({ client, key }: Story, message: string): Promise<string> {
  const runId = randomUUID();
  await expectOk(
    client,
    'chat.send',
    { sessionKey: key, message, idempotencyKey: runId },
    v.looseObject({ runId: v.literal(runId), status: v.picklist(['started', 'in_flight']) }),
  );
  const terminal = await client.event(({ event, payload }) => {
    const chat = payload as { readonly runId?: string; readonly state?: string };
    return event === 'chat' && chat.runId === runId && !['delta', 'status'].includes(chat.state ?? '');
  });
  expect(terminal.payload).toMatchObject({ state: 'final' });
  return runId;
}
