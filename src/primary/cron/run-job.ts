/** Does what a job says: a system event for a session, or a turn of an agent (methods.md §9). */
import { randomUUID } from 'node:crypto';
import { isModelRef, type ModelRef } from '../../shared/config/model-ref.js';
import { cronLimits } from '../../shared/cron-limits.js';
import type { RouteTable } from '../../shared/routes.js';
import type { CronJob, CronRunEntry, CronStatus } from '../../shared/store/cron-records.js';
import type { RunEnd, SessionKey } from '../../shared/store/records.js';
import { canonicalKey, cronRunKey, mainSessionKey, type KeyScheme } from '../../shared/store/session-keys.js';
import type { Runs } from '../sessions/runs.js';
import { newSession, type Sessions } from '../sessions/sessions.js';
import { queueSystemEvent } from '../sessions/system-events.js';
import type { Wake } from '../sessions/wake.js';
import { CRON_LANE } from '../sessions/run-queue.js';

export interface JobRunServices {
  readonly runs: Pick<Runs, 'accept'>;
  readonly sessions: Sessions;
  routes(): RouteTable;
  readonly wake: Wake;
  now(): number;
}

/** What came of it, before anybody else is told. */
export interface JobOutcome extends Pick<
  CronRunEntry,
  'error' | 'summary' | 'sessionId' | 'sessionKey' | 'model' | 'provider' | 'usage'
> {
  readonly status: CronStatus;
  /** All that the agent said; empty for nothing. */
  readonly text: string;
  /** It was cut off: what of it was done, nobody knows. */
  readonly interrupted?: boolean;
}

/** The gateway is stopping: the job is as it was before. */
export class NotBegun extends Error {
  constructor() {
    super('the gateway is stopping');
    this.name = 'NotBegun';
  }
}

/** Where a job takes place. */
export interface JobPlace {
  readonly agentId: string;
  readonly key: SessionKey;
  /** Of a session that is made for this run. */
  readonly sessionId?: string;
}

export function createJobRunner(
  services: JobRunServices,
): (job: CronJob, runId: string) => Promise<JobOutcome> {
  const { runs, sessions, routes, wake, now } = services;

  const tell = async (job: CronJob, text: string): Promise<JobOutcome> => {
    const { agentId, key } = placeOf(job, sessions.scheme);
    await queueSystemEvent(sessions, key, { text, at: now() });
    if (job.wakeMode === 'now') void wake(key, agentId);
    return { status: 'ok', summary: cut(text), text: '', sessionKey: key };
  };

  const turn = async (job: CronJob, runId: string): Promise<JobOutcome> => {
    const place = placeOf(job, sessions.scheme);
    const { agentId, key, sessionId } = place;
    const table = routes();
    if (!Object.hasOwn(table.agents, agentId)) return failed(`unknown agent id "${agentId}"`, place);
    const { payload } = job as CronJob & { payload: { kind: 'agentTurn' } };
    const { message, timeoutSeconds, thinking, toolsAllow } = payload;
    const [model, ...fallbacks] = [payload.model, ...(payload.fallbacks ?? [])].map(modelIn(table));
    const unknown = [model, ...fallbacks].find((ref) => ref?.ok === false);
    if (unknown) return failed(`model not allowed: ${unknown.name}`, place);
    if ((await sessions.get(key))?.sendPolicy === 'deny')
      return { ...failed('send blocked by session policy', place), status: 'skipped' };
    if (sessionId !== undefined) await makeSession(key, sessionId, job);
    const acceptance = await runs.accept({
      method: 'cron',
      runId,
      key,
      agentId,
      message,
      lane: CRON_LANE,
      timeoutMs: timeoutSeconds === undefined ? table.turnTimeoutMs : milliseconds(timeoutSeconds),
      model: model?.ref,
      ...(payload.fallbacks ? { fallbacks: fallbacks.flatMap((one) => one?.ref ?? []) } : {}),
      ...(toolsAllow ? { toolsAllow } : {}),
      thinking,
    });
    switch (acceptance.outcome) {
      case 'accepted':
      case 'in-flight':
        return outcomeOf(await acceptance.run.ended, key);
      case 'ended':
        return outcomeOf(acceptance.end, key);
      case 'busy':
        return failed('too many runs are waiting', place);
      case 'closed':
        throw new NotBegun();
      case 'key-taken':
        return failed(`run ${runId} exists already`, place);
    }
  };

  const makeSession = (key: SessionKey, sessionId: string, { name }: CronJob): Promise<void> =>
    sessions.exclusive(key, () => {
      const entry = { ...newSession(now()), sessionId, displayName: `Cron: ${name}` };
      return sessions.commit(key, [{ type: 'session', key, entry }]);
    });

  return (job, runId) =>
    job.payload.kind === 'systemEvent' ? tell(job, job.payload.text) : turn(job, runId);
}

export function agentOf({ agentId }: Pick<CronJob, 'agentId'>, scheme: KeyScheme): string {
  return agentId?.toLowerCase() ?? scheme.defaultAgentId;
}

export function placeOf(
  job: Pick<CronJob, 'id' | 'agentId' | 'sessionKey' | 'sessionTarget'>,
  scheme: KeyScheme,
): JobPlace {
  const { id, sessionKey, sessionTarget } = job;
  const agentId = agentOf(job, scheme);
  if (sessionTarget === 'isolated') {
    const sessionId = randomUUID();
    return { agentId, key: cronRunKey(agentId, id, sessionId), sessionId };
  }
  const named = sessionTarget.startsWith('session:') ? sessionTarget.slice('session:'.length) : sessionKey;
  const key = named === undefined ? mainSessionKey(scheme, agentId) : canonicalKey(named, scheme, agentId);
  return { agentId, key };
}

/** As a run in the store says it; also for one that ended while nobody listened. */
export function outcomeOf({ status, message, payload }: RunEnd, sessionKey: string): JobOutcome {
  const { payloads = [], meta } = (payload.result ?? {}) as StoredResult;
  const text = payloads.map((part) => part.text).join('\n\n');
  const said = text === '' ? {} : { summary: cut(text) };
  const { sessionId, provider, model, usage } = meta?.agentMeta ?? {};
  const facts = {
    sessionKey,
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(provider === undefined ? {} : { provider }),
    ...(model === undefined ? {} : { model }),
    ...(usage === undefined
      ? {}
      : { usage: { input_tokens: usage.input, output_tokens: usage.output, total_tokens: usage.total } }),
  };
  if (status === 'ok') return { status, text, ...said, ...facts };
  const timedOut = payload.stopReason === 'timeout';
  const error = message ?? (timedOut ? 'timed out' : `aborted (${payload.stopReason})`);
  const interrupted = message === undefined ? !timedOut : message.startsWith('interrupted: ');
  return {
    status: 'error',
    error: error.slice(0, cronLimits.errorChars),
    text,
    interrupted,
    ...said,
    ...facts,
  };
}

interface StoredResult {
  readonly payloads?: readonly { readonly text: string }[];
  readonly meta?: {
    readonly agentMeta?: {
      readonly sessionId: string;
      readonly provider: string;
      readonly model: string;
      readonly usage: { readonly input: number; readonly output: number; readonly total: number };
    };
  };
}

type NamedModel =
  | { readonly ok: true; readonly ref: ModelRef }
  | { readonly ok: false; readonly name: string; readonly ref?: never };

const modelIn =
  ({ allowed }: RouteTable) =>
  (name: string | undefined): NamedModel | undefined => {
    if (name === undefined) return undefined;
    return isModelRef(name) && allowed.includes(name) ? { ok: true, ref: name } : { ok: false, name };
  };

function failed(error: string, { key: sessionKey }: JobPlace): JobOutcome {
  return { status: 'error', error: error.slice(0, cronLimits.errorChars), text: '', sessionKey };
}

function milliseconds(seconds: number): number {
  return seconds === 0 ? Number.POSITIVE_INFINITY : seconds * 1_000;
}

function cut(text: string): string {
  return text.slice(0, cronLimits.summaryChars);
}
