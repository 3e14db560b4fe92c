/** `agent`, `agent.wait`, `agents.list`, `agent.identity.get` (methods.md §3). */
import { isModelRef } from '../../../shared/config/model-ref.js';
import type { SentImage } from '../../../shared/media/sent-image.js';
import type { ErrorShape } from '../../../shared/protocol/frames.js';
import type { RouteTable } from '../../../shared/routes.js';
import type { RunEnd, RunRecord } from '../../../shared/store/records.js';
import { readResetCommand, type ResetCommands } from '../../sessions/reset-command.js';
import type { RunInput } from '../../sessions/run.js';
import type { Acceptance } from '../../sessions/run-acceptance.js';
import type { Runs } from '../../sessions/runs.js';
import { agentOf, canonicalKey, isMalformed } from '../../../shared/store/session-keys.js';
import type { Sessions } from '../../sessions/sessions.js';
import type { Connection } from '../connection.js';
import { requireAddressee, requireAgent, requireOwner, type Addressee } from './addressee.js';
import type { Attachments } from './attachments.js';
import { replyOf, type DeliveryServices } from './delivery.js';
import {
  invalidRequest,
  method,
  requireAdmin,
  RpcError,
  type AnswerAgain,
  type LateAnswer,
  type Method,
} from './method.js';

export interface AgentMethodServices extends DeliveryServices {
  readonly runs: Runs;
  readonly sessions: Sessions;
  routes(): RouteTable;
  readonly resets: ResetCommands;
}

export function agentMethods(services: AgentMethodServices): readonly Method[] {
  const { runs, sessions } = services;
  return [
    method({
      name: 'agent',
      scope: 'operator.write',
      summary:
        'Runs a turn on a session. A message that is `/new` or `/reset`, or begins with it, resets the session first and needs `operator.admin`.',
      answers:
        'Twice with the same id. At once `{runId, sessionKey, agentId, status: "accepted", acceptedAt}`; at the end `{runId, status, summary, result}` with `status` `ok` or `timeout`, or the error `UNAVAILABLE` with `status: "error"` in the payload beside it.',
      async answer(params, connection, again) {
        requireOverrideRights(params, connection);
        const { agentId, key } = await addressee(params, services);
        const reply = await replyOf(params, key, services);
        const routes = services.routes();
        const command = readResetCommand(params.message);
        if (command) requireAdmin(connection);
        const input: RunInput = {
          method: 'agent',
          runId: params.idempotencyKey,
          key,
          agentId,
          message: params.message,
          images: requireImages(params.attachments),
          timeoutMs: params.timeout === undefined ? routes.turnTimeoutMs : secondsOrNone(params.timeout),
          model: modelOf(params, routes),
          thinking: params.thinking,
          systemPrompt: params.extraSystemPrompt,
          lane: params.lane,
          reply,
          owner: connection,
        };
        const acceptance = command ? await services.resets.accept(input, command) : await runs.accept(input);
        if (acceptance.outcome === 'done') return finalPayload(acceptance.end);
        return firstAnswer(requireRun(acceptance), again);
      },
    }),
    method({
      name: 'agent.wait',
      scope: 'operator.write',
      summary: 'Waits for the end of a run, and does not stop it.',
      answers:
        '`{runId, status, startedAt, endedAt}` with `status` `ok`, `error` or `timeout`; without `endedAt` the wait is over and the run is not. A queued turn of `chat.send` is answered at once with `status: "pending"`.',
      async answer({ runId, timeoutMs }, connection) {
        const live = runs.live(runId);
        // A queued turn of the web chat is not waited for: its client shows that it waits (methods.md §3).
        if (live?.record.method === 'chat.send' && live.waiting)
          return JSON.stringify({ runId, status: 'pending', timeoutPhase: 'queue', providerStarted: false });
        // An error that is recorded stays one: what might have been tried again was, before it.
        const record = await runs.waitFor(runId, timeoutMs, connection);
        if (record === 'full') throw notNow('too many calls of agent.wait are waiting');
        return JSON.stringify(record ? waited(record) : { runId, status: 'timeout' });
      },
    }),
    method({
      name: 'agents.list',
      scope: 'operator.read',
      summary: 'The agents, the default one first.',
      answers: '`{defaultId, mainKey, scope, agents: [{id, name, model}]}`',
      answer: () => {
        const { scheme } = sessions;
        const routes = services.routes();
        const { defaultAgentId } = routes;
        const ids = [defaultAgentId, ...Object.keys(routes.agents).filter((id) => id !== defaultAgentId)];
        const agents = ids.map((id) => ({
          id,
          name: nameOf(id, routes),
          model: { primary: routes.agents[id]?.model, fallbacks: routes.agents[id]?.fallbacks },
        }));
        return JSON.stringify({
          defaultId: defaultAgentId,
          mainKey: scheme.mainKey,
          scope: scheme.scope,
          agents,
        });
      },
    }),
    method({
      name: 'agent.identity.get',
      scope: 'operator.read',
      summary: 'The name of an agent, or of the one that a session belongs to.',
      answers: '`{agentId, name}`',
      answer({ agentId, sessionKey }) {
        if (sessionKey !== undefined && isMalformed(sessionKey))
          throw invalidRequest(`invalid agent.identity.get params: malformed session key "${sessionKey}"`);
        const { scheme } = sessions;
        const routes = services.routes();
        const owner =
          sessionKey === undefined ? undefined : agentOf(canonicalKey(sessionKey, scheme), scheme);
        if (owner !== undefined && agentId !== undefined && owner !== agentId.toLowerCase())
          throw invalidRequest('invalid agent.identity.get params: agentId does not match sessionKey');
        const id = requireAgent(agentId ?? owner ?? scheme.defaultAgentId, routes, 'agent.identity.get');
        return JSON.stringify({ agentId: id, name: nameOf(id, routes) });
      },
    }),
  ];
}

/** The agent and session that a call is for (methods.md §3). @throws RpcError */
async function addressee(
  params: { readonly agentId?: string; readonly sessionKey?: string; readonly sessionId?: string },
  services: AgentMethodServices,
): Promise<Addressee> {
  const { scheme, store } = services.sessions;
  const { agentId, sessionKey, sessionId } = params;
  const caller = { scheme, routes: services.routes(), caller: 'agent' };
  const key =
    sessionKey === undefined && sessionId !== undefined ? await store.sessions.keyOf(sessionId) : undefined;
  if (key === undefined) return requireAddressee({ agentId, sessionKey }, caller);
  const named = agentId === undefined ? undefined : requireAgent(agentId, caller.routes, 'agent');
  const owner = requireOwner(key, named, caller);
  return { agentId: named ?? owner, key };
}

function nameOf(agentId: string, routes: RouteTable): string {
  return routes.agents[agentId]?.name ?? agentId;
}

interface Overrides {
  readonly provider?: string;
  readonly model?: string;
}

function requireOverrideRights({ provider, model }: Overrides, { session }: Connection): void {
  if ((provider !== undefined || model !== undefined) && !session?.scopes.has('operator.admin'))
    throw invalidRequest('provider/model overrides are not authorized for this caller.');
}

function modelOf({ provider, model }: Overrides, routes: RouteTable) {
  if (model === undefined) return undefined;
  const ref = provider === undefined ? model : `${provider}/${model}`;
  if (isModelRef(ref) && routes.allowed.includes(ref)) return ref;
  throw invalidRequest(`model not allowed: ${ref}`);
}

function secondsOrNone(seconds: number): number {
  return seconds === 0 ? Number.POSITIVE_INFINITY : seconds * 1_000;
}

/** @throws RpcError that says what is wrong with one */
export function requireImages(attachments: Attachments | undefined): readonly SentImage[] {
  if (attachments?.ok === false) throw invalidRequest(attachments.problem);
  return attachments?.images ?? [];
}

/** @throws RpcError when there is no run to answer with */
export function requireRun(
  acceptance: Acceptance,
): Extract<Acceptance, { outcome: 'accepted' | 'in-flight' | 'ended' }> {
  if (acceptance.outcome === 'key-taken')
    throw invalidRequest(`idempotencyKey already used by ${acceptance.by}`);
  if (acceptance.outcome === 'closed') throw notNow('the gateway is stopping');
  if (acceptance.outcome === 'busy') throw notNow('too many runs are waiting; try again shortly');
  return acceptance;
}

function notNow(message: string): RpcError {
  return new RpcError({ code: 'UNAVAILABLE', message, retryable: true, retryAfterMs: 1_000 });
}

/** The accepted payload now and the end later; of a run that has ended, the end now. */
function firstAnswer(acceptance: ReturnType<typeof requireRun>, again: AnswerAgain): string {
  if (acceptance.outcome === 'ended') return finalPayload(acceptance.end);
  const { run } = acceptance;
  // After the first answer, also where the run has just ended.
  void run.ended.then((end) => setImmediate(() => again(finalAnswer(end))));
  const { runId, sessionKey, agentId, acceptedAt } = run.record;
  return JSON.stringify({ runId, sessionKey, agentId, status: 'accepted', acceptedAt });
}

/** @throws RpcError for a run that failed */
export function finalPayload(end: RunEnd): string {
  const answer = finalAnswer(end);
  if (answer.ok) return answer.payload;
  throw new RpcError(answer.error, answer.payload);
}

function finalAnswer(end: RunEnd): LateAnswer {
  const payload = JSON.stringify(end.payload);
  if (end.message === undefined) return { ok: true, payload };
  const error: ErrorShape = { code: 'UNAVAILABLE', message: end.message };
  return { ok: false, payload, error };
}

function waited({ runId, startedAt, end }: RunRecord): object {
  if (!end) return { runId, status: 'timeout' };
  const { stopReason, timeoutPhase, providerStarted } = end.payload;
  return {
    runId,
    status: end.status,
    startedAt,
    endedAt: end.endedAt,
    error: end.message,
    stopReason,
    timeoutPhase,
    providerStarted,
  };
}
