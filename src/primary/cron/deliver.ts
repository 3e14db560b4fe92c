/** Tells others how a job has ended: a chat network, a webhook (methods.md §9, `delivery` and `failureAlert`). */
import { setTimeout as delay } from 'node:timers/promises';
import { cronLimits } from '../../shared/cron-limits.js';
import type { Logger } from '../../shared/log/logger.js';
import type { CronDeliveryStatus, CronJob, CronRoute } from '../../shared/store/cron-records.js';
import { toError } from '../../shared/to-error.js';
import type { Announcements } from '../announcements.js';
import type { Supervisor } from '../workers/supervisor.js';

export interface JobDelivery {
  readonly status: CronDeliveryStatus;
  /** Why it was not, where it was to be. */
  readonly error?: string;
}

export interface DeliveryServices {
  readonly announcements: Announcements;
  readonly workers: Pick<Supervisor, 'ask'>;
  webhookToken(): string | null;
  readonly log: Logger;
  /** Ends what is under way. */
  readonly stopping: AbortSignal;
}

/** Whose job it is and in which session: what `last` is about. */
interface Speaker {
  readonly agentId: string;
  readonly sessionKey: string;
}

export interface JobDeliveries {
  /** @param event what a webhook is posted */
  ended(job: CronJob, text: string, event: object, from: Speaker): Promise<JobDelivery>;
  /** Never rejects. */
  alert(job: CronJob, error: string, from: Speaker): Promise<void>;
}

export function createJobDeliveries(services: DeliveryServices): JobDeliveries {
  const { announcements, log } = services;

  const announce = async (route: CronRoute, text: string, from: Speaker): Promise<JobDelivery> => {
    const { channel = 'last', to, accountId, threadId } = route;
    const found = await announcements.find({ ...from, channel, to, accountId, threadId });
    if (!found.ok) return { status: 'not-delivered', error: problems[found.reason] };
    await announcements.send(found.route, text, from.agentId);
    return { status: 'delivered' };
  };
  const guarded = async (deliver: () => Promise<JobDelivery>): Promise<JobDelivery> => {
    try {
      return await deliver();
    } catch (caught) {
      return { status: 'not-delivered', error: toError(caught).message.slice(0, cronLimits.errorChars) };
    }
  };

  return {
    ended(job, text, event, from) {
      const { mode = 'none', to, ...route } = job.delivery ?? {};
      if (mode === 'webhook' && to !== undefined)
        return guarded(() => post(services, to, JSON.stringify(event)));
      // An agent that has nothing to say says nothing to anybody.
      if (mode !== 'announce' || text === '') return Promise.resolve({ status: 'not-requested' });
      return guarded(() => announce({ ...route, ...(to === undefined ? {} : { to }) }, text, from));
    },
    async alert(job, error, from) {
      if (!job.failureAlert) return;
      const { mode = 'announce', to } = job.failureAlert;
      const { consecutiveErrors } = job.state;
      const text = `Cron job "${job.name}" failed ${consecutiveErrors} times in a row: ${error}`;
      const event = { jobId: job.id, action: 'failure-alert', name: job.name, consecutiveErrors, error };
      const { failureAlert } = job;
      const outcome = await guarded(() =>
        mode === 'webhook' && to !== undefined
          ? post(services, to, JSON.stringify(event))
          : announce(failureAlert, text, from),
      );
      if (outcome.error !== undefined)
        log.warn('cron.alert', `cron: nobody could be told that job ${job.id} fails: ${outcome.error}`);
    },
  };
}

const problems = {
  'no-route':
    'delivery channel is required: the job names none, and there is no conversation outside to answer in',
  'unknown-account': 'the channel has no such account',
} as const;

/** Workers do it, by the rules of `web_fetch`: the address is whatever somebody wrote into a job. */
async function post(services: DeliveryServices, url: string, body: string): Promise<JobDelivery> {
  const { workers, stopping } = services;
  const pauses: readonly (number | undefined)[] = [...cronLimits.webhookPausesMs, undefined];
  let error = '';
  for (const pauseMs of pauses) {
    const token = services.webhookToken();
    const question = { url, body, timeoutMs: cronLimits.webhookMs, ...(token === null ? {} : { token }) };
    const timeoutMs = 2 * cronLimits.webhookMs;
    try {
      const answer = await workers.ask('post-webhook', question, { timeoutMs, signal: stopping });
      if (answer?.ok) return { status: 'delivered' };
      error = answer?.message ?? 'no worker is ready';
      if (answer && !answer.retryable) break;
    } catch (caught) {
      error = toError(caught).message;
    }
    if (pauseMs !== undefined) await delay(pauseMs, undefined, { signal: stopping });
  }
  return { status: 'not-delivered', error: `webhook: ${error}` };
}
