/** Tells others how a job has ended: a chat network, a webhook (methods.md §9, `delivery` and `failureAlert`). */
import { setTimeout as delay } from 'node:timers/promises';
import { cronLimits } from '../../shared/cron-limits.js';
import type { Logger } from '../../shared/log/logger.js';
import type { SessionKey } from '../../shared/store/records.js';
import type { CronDeliveryStatus, CronJob, CronRoute } from '../../shared/store/cron-records.js';
import { toError } from '../../shared/to-error.js';
import { findRoute } from '../announcements.js';
import type { Deliveries } from '../channels/deliveries.js';
import type { Supervisor } from '../workers/supervisor.js';

export interface JobDelivery {
  readonly status: CronDeliveryStatus;
  /** Why it was not, where it was to be. */
  readonly error?: string;
}

export interface DeliveryServices {
  readonly deliveries: Pick<Deliveries, 'enqueue' | 'lastRoute' | 'ownerRoute' | 'routeTo'>;
  readonly workers: Pick<Supervisor, 'ask'>;
  webhookToken(): string | null;
  /** The main session of the agent whose job it is. */
  mainKeyOf(job: CronJob): SessionKey;
  readonly log: Logger;
  /** Ends what is under way. */
  readonly stopping: AbortSignal;
}

/** A run of a job. */
export interface EndedJob {
  readonly runId: string;
  /** In which it took place. */
  readonly key: SessionKey;
  /** All that the agent said. */
  readonly text: string;
  /** What a webhook is posted. */
  readonly event: object;
}

export interface JobDeliveries {
  ended(job: CronJob, run: EndedJob): Promise<JobDelivery>;
  /** Never rejects. */
  alert(job: CronJob, error: string, key: SessionKey): Promise<void>;
}

export function createJobDeliveries(services: DeliveryServices): JobDeliveries {
  const { deliveries, log } = services;
  /** Which session `last` is about: in one that was made for the job nobody has ever written. */
  const lastOf = (job: CronJob, key: SessionKey): SessionKey =>
    job.sessionTarget === 'isolated' ? services.mainKeyOf(job) : key;

  /** @param id the same one is sent once, whatever dies */
  const announce = async (
    id: string,
    asked: CronRoute,
    text: string,
    key: SessionKey,
  ): Promise<JobDelivery> => {
    const { channel = 'last', ...rest } = asked;
    const route = await findRoute(deliveries, { ...rest, channel, key });
    if (typeof route === 'string') return { status: 'not-delivered', error: route };
    await deliveries.enqueue({ id, route, text, kind: 'cron' });
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
    ended(job, { runId, key, text, event }) {
      const { mode = 'none', to, ...route } = job.delivery ?? {};
      if (mode === 'webhook' && to !== undefined)
        return guarded(() => post(services, to, JSON.stringify(event)));
      // An agent that has nothing to say says nothing to anybody.
      if (mode !== 'announce' || text === '') return Promise.resolve({ status: 'not-requested' });
      return guarded(() =>
        announce(`cron:${runId}`, { ...route, ...(to === undefined ? {} : { to }) }, text, lastOf(job, key)),
      );
    },
    async alert(job, error, key) {
      if (!job.failureAlert) return;
      const { mode = 'announce', to, channel, accountId, threadId } = job.failureAlert;
      const { consecutiveErrors } = job.state;
      const text = `Cron job "${job.name}" failed ${consecutiveErrors} times in a row: ${error}`;
      const event = { jobId: job.id, action: 'failure-alert', name: job.name, consecutiveErrors, error };
      const route = Object.fromEntries(
        Object.entries({ channel, to, accountId, threadId }).filter(([, value]) => value !== undefined),
      );
      const outcome = await guarded(() =>
        mode === 'webhook' && to !== undefined
          ? post(services, to, JSON.stringify(event))
          : announce(`cron-alert:${job.id}:${job.state.lastFailureAlertAtMs}`, route, text, lastOf(job, key)),
      );
      if (outcome.error !== undefined)
        log.warn('cron.alert', `cron: nobody could be told that job ${job.id} fails: ${outcome.error}`);
    },
  };
}

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
