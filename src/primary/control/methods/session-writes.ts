/** `sessions.create`, `.send`, `.abort`, `.patch`, `.reset`, `.delete`, `.compact` (methods.md §4). */
import { createHash, randomUUID } from 'node:crypto';
import type { SessionKey } from '../../../shared/store/records.js';
import { CompactionFailure, type Compactions } from '../../sessions/compactions.js';
import type { SessionChanges } from '../../sessions/session-changes.js';
import { agentOf, canonicalKey } from '../../../shared/store/session-keys.js';
import { privilegedFields } from '../../sessions/session-patch.js';
import { SessionRefusal } from '../../sessions/session-refusal.js';
import { modelOf } from '../../sessions/session-row.js';
import { requireAgent, requireOwner } from './addressee.js';
import { requireImages } from './agent.js';
import { invalidRequest, method, requireAdmin, RpcError, shownPath, type Method } from './method.js';
import type { ParamsOf } from './params.js';
import type { Connection } from '../connection.js';
import { requireNoNull, requireSendable, sendTurn, startTurn, type TurnServices } from './send-turn.js';

export interface SessionWriteServices extends TurnServices {
  readonly changes: SessionChanges;
  readonly compactions: Compactions;
}

export function sessionWriteMethods(services: SessionWriteServices): readonly Method[] {
  const { sessions, runs, routes, changes, compactions } = services;
  const keyOf = ({ key, agentId }: { readonly key: string; readonly agentId?: string }): SessionKey =>
    canonicalKey(key, sessions.scheme, agentId?.toLowerCase());
  return [
    method({
      name: 'sessions.create',
      scope: 'operator.write',
      summary:
        'Makes a session, and with a message runs its first turn. Without `key` its key follows from the `idempotencyKey`: a repeat gives the same session.',
      answers: '`{ok, key, sessionId, entry, runStarted}`, and `runId` where a run was started.',
      answer: (params, connection) => create(params, connection, services),
    }),
    method({
      name: 'sessions.send',
      scope: 'operator.write',
      summary: 'Runs a turn on a session that exists.',
      answers: 'As `chat.send`.',
      async answer(params, connection) {
        const { message, attachments, timeoutMs, thinking, queueMode } = params;
        const { idempotencyKey: runId = randomUUID() } = params;
        const key = keyOf(params);
        const text = { message, attachments, timeoutMs, thinking, owner: connection };
        if (!(await sessions.get(key))) throw invalidRequest(`session not found: ${params.key}`);
        return sendTurn({ method: 'sessions.send', runId, key, queueMode, ...text }, services);
      },
    }),
    method({
      name: 'sessions.abort',
      scope: 'operator.write',
      summary: "Ends a session's run, with `clearQueued` also those that wait.",
      answers: '`{ok, abortedRunId, status}` with `status` `aborted` or `no-active-run`.',
      async answer({ key: name, runId, agentId, clearQueued }) {
        const named = name === undefined ? undefined : keyOf({ key: name, ...(agentId && { agentId }) });
        const key = named ?? (runId === undefined ? undefined : runs.live(runId)?.record.sessionKey);
        if (name === undefined && runId === undefined) throw invalidRequest('key or runId required');
        const [active] = key === undefined ? [] : runs.liveOf(key);
        const chosen = runId ?? active?.record.runId;
        if (key === undefined || chosen === undefined) return aborted(undefined);
        if (runId !== undefined && runs.live(runId) && runs.live(runId)?.record.sessionKey !== key)
          throw invalidRequest('runId does not match key');
        const runIds = await runs.abort(key, clearQueued === true ? undefined : chosen, 'rpc');
        return aborted(runIds.includes(chosen) ? chosen : runIds[0]);
      },
    }),
    method({
      name: 'sessions.patch',
      scope: 'operator.write',
      summary:
        'Changes fields of a session and makes it where there is none. `null` clears a field; those that change what a run may do need `operator.admin`.',
      answers: '`{ok, path, key, entry, resolved: {modelProvider, model}}`',
      async answer(params, connection) {
        const { key: name, agentId, expectedSessionId, expectedMarkedUnreadAt: _mark, ...patch } = params;
        if (Object.keys(patch).some((field) => privilegedFields.has(field))) requireAdmin(connection);
        const key = keyOf({ key: name, ...(agentId && { agentId }) });
        const owner = requireAgent(agentOf(key, sessions.scheme), routes(), 'sessions.patch');
        const entry = await asked(changes.patch(key, patch, expectedSessionId));
        const { modelProvider, model } = modelOf(entry, routes(), owner);
        const path = shownPath(sessions.store.path, connection);
        return JSON.stringify({ ok: true, path, key, entry, resolved: { modelProvider, model } });
      },
    }),
    method({
      name: 'sessions.reset',
      scope: 'operator.admin',
      summary: "Ends a session's runs and begins it anew; what was said is archived.",
      answers: '`{ok, key, entry}`',
      async answer(params) {
        const key = keyOf(params);
        requireAgent(agentOf(key, sessions.scheme), routes(), 'sessions.reset');
        const { reason, expectedSessionId } = params;
        const entry = await asked(changes.reset(key, { reason, expectedSessionId }));
        return JSON.stringify({ ok: true, key, entry });
      },
    }),
    method({
      name: 'sessions.delete',
      // What is archived already, a writer may delete; everything else needs admin.
      scope: 'operator.write',
      summary:
        "Ends a session's runs and removes it. Needs `operator.admin`, except for what is archived already (`archivedOnly`).",
      answers: '`{ok, key, deleted, archived}`; `archived` names what is kept of its transcript.',
      async answer(params, connection) {
        const { deleteTranscript: archive, archivedOnly, expectedSessionId } = params;
        if (!archivedOnly) requireAdmin(connection);
        const key = keyOf(params);
        const removed = await asked(changes.remove(key, { archive, archivedOnly, expectedSessionId }));
        return JSON.stringify({ ok: true, key, ...removed });
      },
    }),
    method({
      name: 'sessions.compact',
      scope: 'operator.admin',
      summary: "Summarizes a session's older lines for the model, or archives them (`maxLines`).",
      answers:
        '`{ok, key, compacted, kept, …}`; with `maxLines` also `archived`. `compacted: false` where there was nothing to do.',
      async answer(params) {
        const { maxLines } = params;
        const key = keyOf(params);
        if (maxLines !== undefined)
          return JSON.stringify({ ok: true, key, ...(await changes.compact(key, maxLines)) });
        const owner = requireAgent(agentOf(key, sessions.scheme), routes(), 'sessions.compact');
        return JSON.stringify({ ok: true, key, ...(await asked(compactions.summarize(key, owner))) });
      },
    }),
  ];
}

type CreateParams = ParamsOf<'sessions.create'>;

async function create(
  params: CreateParams,
  owner: Connection,
  services: SessionWriteServices,
): Promise<string> {
  const { sessions, changes } = services;
  const text = params.message ?? params.task;
  if (text !== undefined) requireNoNull(text);
  const images = requireImages(params.attachments);
  if (text?.trim() === '' && images.length === 0) throw invalidRequest('message or attachment required');
  const key = keyOfNew(params, services);
  const parent = params.parentSessionKey && canonicalKey(params.parentSessionKey, sessions.scheme);
  if (parent && !(await sessions.get(parent)))
    throw invalidRequest(`unknown parent session: ${params.parentSessionKey}`);
  const says = text !== undefined || images.length > 0;
  if (says) requireSendable(await sessions.get(key));
  const { label, model, thinkingLevel } = params;
  const entry = await asked(
    changes.patch(key, {
      ...(label === undefined ? {} : { label }),
      ...(model === undefined ? {} : { model }),
      ...(thinkingLevel === undefined ? {} : { thinkingLevel }),
      ...(parent ? { parentSessionKey: parent } : {}),
    }),
  );
  const created = { ok: true, key, sessionId: entry.sessionId, entry };
  if (!says) return JSON.stringify({ ...created, runStarted: false });
  const { idempotencyKey: runId = randomUUID(), attachments, timeoutMs } = params;
  const turn = { runId, key, message: text ?? '', attachments, timeoutMs, owner };
  await startTurn({ method: 'sessions.create', ...turn }, services);
  return JSON.stringify({ ...created, runStarted: true, runId });
}

/** A key that is not given follows from the idempotency key, so that a repeat names the same session. @throws RpcError */
function keyOfNew(params: CreateParams, services: SessionWriteServices): SessionKey {
  const { scheme } = services.sessions;
  const routes = services.routes();
  const agent = params.agentId && requireAgent(params.agentId, routes, 'sessions.create');
  const { idempotencyKey } = params;
  const id =
    idempotencyKey === undefined
      ? randomUUID()
      : createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 32);
  const key = canonicalKey(params.key ?? `session:${id}`, scheme, agent || undefined);
  requireOwner(key, agent || undefined, { scheme, routes, caller: 'sessions.create' });
  return key;
}

function aborted(runId: string | undefined): string {
  const status = runId === undefined ? 'no-active-run' : 'aborted';
  return JSON.stringify({ ok: true, abortedRunId: runId ?? null, status });
}

/** @throws RpcError where the change was refused, or could not be made */
async function asked<T>(change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (caught) {
    if (caught instanceof SessionRefusal) throw invalidRequest(caught.message);
    if (caught instanceof CompactionFailure) {
      const { message, retryable } = caught;
      throw new RpcError({ code: 'UNAVAILABLE', message, retryable });
    }
    throw caught;
  }
}
