/** What workers are answered when a chat network has sent a request to an account's path. */
import type { Logger } from '../../shared/log/logger.js';
import { toError } from '../../shared/to-error.js';
import type { PrimaryAnswers } from '../workers/worker-slot.js';
import type { Accounts } from './accounts.js';

export function requestAnswers(
  accounts: Pick<Accounts, 'find'>,
  log: Logger,
): Pick<PrimaryAnswers, 'channel-request'> {
  return {
    async 'channel-request'({ channel, accountId, request }) {
      const running = accounts.find(channel, accountId);
      if (!running?.connected || !running.account.received) return 'unavailable';
      try {
        return await running.account.received(request);
      } catch (caught) {
        log.warn('channel.request', `${channel} ${accountId}: ${toError(caught).message}`);
        return 'unavailable';
      }
    },
  };
}
