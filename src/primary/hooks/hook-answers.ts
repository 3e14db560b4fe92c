/** What workers are answered when a web hook has come in (http.md §11): what they are told has happened is on disk. */
import type { AskedDelivery, HookVerdict } from '../../shared/hooks/questions.js';
import { mainSessionKey } from '../../shared/store/session-keys.js';
import type { RunReply } from '../../shared/store/channel-records.js';
import type { RunRecord, SessionKey } from '../../shared/store/records.js';
import type { Channels } from '../channels/open-channels.js';
import type { Runs } from '../sessions/runs.js';
import type { Sessions } from '../sessions/sessions.js';
import { queueSystemEvent } from '../sessions/system-events.js';
import type { Wake } from '../sessions/wake.js';
import type { PrimaryAnswers } from '../workers/worker-slot.js';

export interface HookServices {
  readonly runs: Runs;
  readonly sessions: Sessions;
  readonly channels: Pick<Channels, 'messages'>;
  /** Milliseconds that a run may take when its caller says nothing. */
  timeoutMs(): number;
  readonly wake: Wake;
}

export function hookAnswers(services: HookServices): Pick<PrimaryAnswers, 'hook-wake' | 'hook-run'> {
  const { runs, sessions, channels, wake } = services;
  const { deliveries } = channels.messages;
  const { store } = sessions;

  /** Whether it is the same request that the run was accepted for. */
  const again = (record: RunRecord | undefined, bodyHash: string | undefined): HookVerdict =>
    record?.http?.bodyHash === bodyHash ? 'accepted' : 'mismatch';

  /** Undefined where nothing is to be delivered, or nobody has written yet. */
  const replyOf = async (
    asked: AskedDelivery | undefined,
    main: SessionKey,
  ): Promise<RunReply | undefined | 'no-route'> => {
    if (!asked) return undefined;
    const { channel, to, accountId } = asked;
    const last = to === undefined || channel === 'last' ? await deliveries.lastRoute(main) : undefined;
    const isLast = channel === 'last' || last?.channel === channel;
    const route = isLast ? last : deliveries.routeTo({ channel, to: to ?? '', accountId });
    if (typeof route === 'string') return 'no-route';
    return route && { route, kind: 'hook' };
  };

  return {
    async 'hook-wake'({ key, agentId, text, mode }) {
      await queueSystemEvent(sessions, key, { text, at: Date.now() });
      if (mode === 'now') await wake(key, agentId);
      return true as const;
    },
    async 'hook-run'({ name, wakeMode, timeoutMs = services.timeoutMs(), deliver, ...asked }) {
      const { runId, key, agentId, http } = asked;
      if ((await sessions.get(key))?.sendPolicy === 'deny') return 'denied';
      const main = mainSessionKey(sessions.scheme, agentId);
      const report = { to: main, name };
      const reply = await replyOf(deliver, main);
      if (reply === 'no-route') return reply;
      const acceptance = await runs.accept({
        ...asked,
        method: 'hooks.agent',
        timeoutMs,
        report,
        reply,
        byStranger: true,
      });
      switch (acceptance.outcome) {
        case 'accepted':
          if (wakeMode === 'now' && key !== main) void acceptance.run.ended.then(() => wake(main, agentId));
          return 'accepted';
        case 'in-flight':
          return again(acceptance.run.record, http.bodyHash);
        case 'ended':
          return again(await store.runs.get(runId), http.bodyHash);
        case 'key-taken':
          return 'mismatch';
        case 'busy':
        case 'closed':
          return acceptance.outcome;
      }
    },
  };
}
