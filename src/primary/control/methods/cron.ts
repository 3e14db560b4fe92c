/** `cron.*` (methods.md §9). */
import type { CronJob } from '../../../shared/store/cron-records.js';
import { withoutAddress } from '../../cron/cron-events.js';
import type { CronJobs, JobQuery } from '../../cron/open-cron.js';
import { JobRefusal } from '../../cron/job-refusal.js';
import type { Connection } from '../connection.js';
import { invalidRequest, isAdmin, method, RpcError, shownPath, type Method } from './method.js';
import type { MethodName, ParamsOf } from './params.js';

export interface CronServices {
  readonly cron: CronJobs;
}

export function cronMethods({ cron }: CronServices): readonly Method[] {
  return [
    method({
      name: 'cron.list',
      scope: 'operator.read',
      summary: 'Cron jobs, those that are enabled unless something else is asked for.',
      answers: `\`{jobs, total, offset, limit, hasMore, nextOffset}\`. ${ADDRESSES}`,
      answer(params, connection) {
        const { jobs, total } = cron.list(queryOf(params));
        const rows = jobs.map((job) => shown(job, connection));
        return JSON.stringify({ jobs: rows, ...pageOf(params, rows.length, total) });
      },
    }),
    method({
      name: 'cron.status',
      scope: 'operator.read',
      summary: 'Whether jobs run by themselves, how many there are, and when the next one is due.',
      answers: '`{enabled, storePath, jobs, nextWakeAtMs}`',
      answer: (_params, connection) =>
        JSON.stringify({ ...cron.status(), storePath: shownPath(cron.storePath, connection) }),
    }),
    method({
      name: 'cron.get',
      scope: 'operator.read',
      summary: 'One job.',
      answers: `The job. ${ADDRESSES}`,
      answer(params, connection) {
        const id = idOf(params, 'cron.get');
        return JSON.stringify(shown(found(cron.get(id), id), connection));
      },
    }),
    method({
      name: 'cron.add',
      scope: 'operator.admin',
      writeLimited: true,
      summary: 'Makes a job.',
      answers: 'The job.',
      answer: async (params) => JSON.stringify(await asked('cron.add', cron.add(params))),
    }),
    method({
      name: 'cron.update',
      scope: 'operator.admin',
      writeLimited: true,
      summary: 'Changes a job. Null takes a field away.',
      answers: 'The job.',
      async answer({ patch, ...params }) {
        const id = idOf(params, 'cron.update');
        return JSON.stringify(found(await asked('cron.update', cron.update(id, patch)), id));
      },
    }),
    method({
      name: 'cron.remove',
      scope: 'operator.admin',
      writeLimited: true,
      summary: 'Deletes a job and its run log. A run that is under way goes on.',
      answers: '`{ok, removed}`',
      async answer(params) {
        const id = idOf(params, 'cron.remove');
        if (!(await cron.remove(id))) throw notFound(id);
        return '{"ok":true,"removed":true}';
      },
    }),
    method({
      name: 'cron.run',
      scope: 'operator.admin',
      writeLimited: true,
      summary: 'Runs a job now, also one that is disabled; with `mode` `due` only when it is due.',
      answers:
        '`{ok, enqueued, runId}` before it has ended, or `{ok, ran: false, reason}` with `reason` `not-due` or `already-running`.',
      async answer({ mode, ...params }) {
        const id = idOf(params, 'cron.run');
        const forced = found(await cron.run(id, mode), id);
        if (!forced.enqueued) return JSON.stringify({ ok: true, ran: false, reason: forced.reason });
        return JSON.stringify({ ok: true, ...forced });
      },
    }),
    method({
      name: 'cron.runs',
      scope: 'operator.read',
      readsMuch: true,
      summary: 'How runs have ended, of one job or of all (`scope`), the last one first.',
      answers:
        '`{entries, total, offset, limit, hasMore, nextOffset}`; each entry `{ts, jobId, jobName, action, status, error, summary, runId, sessionKey, runAtMs, durationMs, …}`.',
      async answer(params) {
        const { scope, status, query, sortDir, offset, limit } = params;
        const jobId = scope === 'all' ? undefined : idOf(params, 'cron.runs');
        if (jobId !== undefined) found(cron.get(jobId), jobId);
        const { entries, total } = await cron.runs({
          jobId,
          status: status === 'all' ? undefined : status,
          query: query || undefined,
          newestFirst: sortDir !== 'asc',
          offset,
          limit,
        });
        return JSON.stringify({ entries, ...pageOf(params, entries.length, total) });
      },
    }),
  ];
}

const ADDRESSES = 'Addresses of webhooks only for admins.';

interface Named {
  readonly id?: string;
  readonly jobId?: string;
}

/** @throws RpcError */
function idOf({ id, jobId }: Named, caller: MethodName): string {
  const named = id ?? jobId;
  if (named === undefined) throw invalidRequest(`invalid ${caller} params: missing id`);
  return named;
}

/** @throws RpcError when there is none */
function found<T>(value: T | undefined, id: string): T {
  if (value === undefined) throw notFound(id);
  return value;
}

function notFound(jobId: string): RpcError {
  return new RpcError({
    code: 'INVALID_REQUEST',
    message: `cron job not found: ${jobId}`,
    details: { code: 'CRON_JOB_NOT_FOUND', jobId },
  });
}

function shown(job: CronJob, connection: Connection): CronJob {
  return isAdmin(connection) ? job : withoutAddress(job);
}

function queryOf(params: ParamsOf<'cron.list'>): JobQuery {
  const { includeDisabled, query, agentId, limit, offset, sortBy = 'nextRunAtMs', sortDir = 'asc' } = params;
  const { enabled = includeDisabled ? 'all' : 'enabled' } = params;
  return {
    enabled,
    query: query || undefined,
    agentId,
    limit,
    offset,
    sortBy,
    descending: sortDir === 'desc',
  };
}

function pageOf({ offset, limit }: { offset: number; limit: number }, rows: number, total: number): object {
  const end = offset + rows;
  const hasMore = end < total;
  return { total, offset, limit, hasMore, nextOffset: hasMore ? end : null };
}

/** @throws RpcError for a job that cannot be */
async function asked<T>(caller: MethodName, change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (caught) {
    if (caught instanceof JobRefusal) throw invalidRequest(`invalid ${caller} params: ${caught.message}`);
    throw caught;
  }
}
