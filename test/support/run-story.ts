/** What a client saw of runs. */
import type { Frame } from './control-client.js';

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
