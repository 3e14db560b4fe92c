/** Starts runs, and tells what a client saw of them. */
import { randomUUID } from 'node:crypto';
import type { ControlClient, Frame } from './control-client.js';

/** Holds for the frames of one run. */
export const ofRun =
  (runId: string) =>
  ({ payload }: Frame): boolean =>
    payload?.runId === runId;

/** Everything that was seen of a run, in order, in short. */
export function story(frames: readonly Frame[], runId: string): string[] {
  return frames.filter(ofRun(runId)).map((frame) => {
    const { payload = {} } = frame;
    if (frame.type === 'res') return `res ${String(payload.status)}`;
    if (frame.event === 'chat') return `chat ${String(payload.state)}`;
    const data = payload.data as { phase?: string; delta?: string } | undefined;
    return `agent ${data?.phase ?? data?.delta}`;
  });
}

/** The phase of a lifecycle event. */
export function phaseOf({ event, payload }: Frame): string | undefined {
  return event === 'agent' ? (payload?.data as { phase?: string } | undefined)?.phase : undefined;
}

/** A session of its own. */
export const newKey = (): string => `test-${randomUUID()}`;

/** Asks for a run without waiting for anything; the request's id is the run's. */
export function askAgent(client: ControlClient, message: string, sessionKey = newKey()): string {
  const runId = randomUUID();
  client.send({
    type: 'req',
    id: runId,
    method: 'agent',
    params: { message, idempotencyKey: runId, sessionKey },
  });
  return runId;
}

/** Asks for a run and waits for its end. */
export async function runAgent(
  client: ControlClient,
  message: string,
  sessionKey = newKey(),
): Promise<{ readonly runId: string; readonly final: Frame }> {
  const runId = askAgent(client, message, sessionKey);
  const final = await client.frame(
    'final',
    ({ id, payload }) => id === runId && payload?.status !== 'accepted',
  );
  return { runId, final };
}
