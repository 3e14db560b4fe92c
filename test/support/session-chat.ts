/** Chat completions on sessions, as tests send them. */
import type { ControlClient } from './control-client.js';
import { answer } from './session-calls.js';

/** A request in which the user says one thing. */
export const say = (content: string, more: object = {}) => ({
  messages: [{ role: 'user', content }],
  ...more,
});

export const onSession = (key: string): Record<string, string> => ({ 'x-pllan-session-key': key });

/** Those of the session that have not ended, in the order in which they go. */
export async function activeRuns(client: ControlClient, sessionKey: string): Promise<string[]> {
  const { sessionInfo } = await answer(client, 'chat.history', { sessionKey });
  return (sessionInfo as { activeRunIds: string[] }).activeRunIds;
}
