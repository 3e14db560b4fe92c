/** What clients write of a job, and the job that it makes; and whether it can be run (methods.md §9). */
import { randomUUID } from 'node:crypto';
import type { RouteTable } from '../../shared/routes.js';
import type {
  CronDelivery,
  CronFailureAlert,
  CronJob,
  CronPayload,
} from '../../shared/store/cron-records.js';
import { isMalformed } from '../../shared/store/session-keys.js';
import { withNext } from './job-state.js';
import { firstTime, scheduleProblem } from './schedule.js';

export type JobFields = Omit<CronJob, 'id' | 'createdAtMs' | 'updatedAtMs' | 'state'>;

/** Undefined stays as it is, null goes; of objects of the same kind the fields. */
export type JobPatch = {
  readonly [F in keyof JobFields]?: JobFields[F] extends string | boolean ? JobFields[F] : unknown;
} & {
  readonly schedule?: CronJob['schedule'];
  readonly payload?: Partial<CronPayload> & Pick<CronPayload, 'kind'>;
  readonly delivery?: Partial<CronDelivery> | null;
  readonly failureAlert?: CronFailureAlert | false | null;
};

/** @param check throws for a job that cannot be; one that passes has times */
export function newJob(fields: JobFields, now: number, check: (job: CronJob) => void): CronJob {
  const job: CronJob = { id: randomUUID(), ...fields, createdAtMs: now, updatedAtMs: now, state: {} };
  check(job);
  return withFirstTime(job, now);
}

export function patchedJob(
  job: CronJob,
  patch: JobPatch,
  now: number,
  check: (job: CronJob) => void,
): CronJob {
  const after: Record<string, unknown> = { ...job, updatedAtMs: now };
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete after[field];
    else if (value !== undefined) after[field] = value;
  }
  const { payload, delivery } = patch;
  if (payload) after.payload = payload.kind === job.payload.kind ? { ...job.payload, ...payload } : payload;
  if (delivery) after.delivery = { mode: 'none', ...job.delivery, ...delivery };
  const patched = after as unknown as CronJob;
  check(patched);
  const timed = patch.schedule !== undefined || patched.enabled !== job.enabled;
  return timed ? withFirstTime(patched, now) : patched;
}

/** Who makes, changes or enables a job begins it anew: its failures do not count any more. */
function withFirstTime(job: CronJob, now: number): CronJob {
  const { consecutiveErrors: _errors, ...state } = job.state;
  const next = job.enabled ? firstTime(job, now) : undefined;
  return { ...job, state: withNext({ state }, next) };
}

/** Why it cannot be run as it is; undefined when it can. */
export function jobProblem(job: CronJob, routes: RouteTable, now: number): string | undefined {
  const { agentId, sessionKey, sessionTarget, payload, delivery, failureAlert, schedule, name } = job;
  if (name.trim() === '') return 'name must not be blank';
  if (agentId !== undefined && !Object.hasOwn(routes.agents, agentId.toLowerCase()))
    return `unknown agent id "${agentId}"`;
  if (payload.kind === 'systemEvent') {
    if (sessionTarget !== 'main') return 'payload.kind "systemEvent" needs sessionTarget "main"';
    if (!payload.text || payload.text.trim() === '') return 'payload.text is required';
  } else {
    if (sessionTarget === 'main') return 'sessionTarget "main" needs payload.kind "systemEvent"';
    if (!payload.message || payload.message.trim() === '') return 'payload.message is required';
  }
  if (sessionTarget === 'current' && sessionKey === undefined)
    return 'sessionTarget "current" needs sessionKey';
  const named = sessionTarget.startsWith('session:') ? sessionTarget.slice('session:'.length) : sessionKey;
  if (named !== undefined && isMalformed(named)) return `malformed session key "${named}"`;
  if (delivery?.mode === 'webhook' && !isWebAddress(delivery.to))
    return 'delivery.mode "webhook" needs delivery.to, an http or https URL';
  if (failureAlert && failureAlert.mode === 'webhook' && !isWebAddress(failureAlert.to))
    return 'failureAlert.mode "webhook" needs failureAlert.to, an http or https URL';
  return scheduleProblem(schedule, now);
}

function isWebAddress(text: string | undefined): boolean {
  return text !== undefined && /^https?:\/\//i.test(text) && URL.canParse(text);
}
