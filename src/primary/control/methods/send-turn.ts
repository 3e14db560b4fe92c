/** A message of a person to a session: `chat.send` and `sessions.send` (methods.md §3, §4). */
import type { GatewayConfig } from '../../../shared/config/load.js';
import type { QueueMode } from '../../../shared/config/queue-schema.js';
import type { RunEnd, RunMethod, SessionEntry, SessionKey } from '../../../shared/store/records.js';
import type { RouteTable } from '../../../shared/routes.js';
import { queueModeOf } from '../../sessions/queue-mode.js';
import { readResetCommand, type ResetCommands } from '../../sessions/reset-command.js';
import { RunEvents, type Broadcast } from '../../sessions/run-events.js';
import { isStopCommand } from '../../sessions/stop-command.js';
import type { Runs } from '../../sessions/runs.js';
import { agentOf } from '../../../shared/store/session-keys.js';
import type { Sessions } from '../../sessions/sessions.js';
import { requireAgent } from './addressee.js';
import { finalPayload, requireImages, requireRun } from './agent.js';
import type { Attachments } from './attachments.js';
import type { RunReply } from '../../../shared/store/channel-records.js';
import { invalidRequest } from './method.js';

export interface TurnServices {
  readonly runs: Runs;
  readonly sessions: Sessions;
  routes(): RouteTable;
  readonly resets: ResetCommands;
  queue(): GatewayConfig['messages']['queue'];
  readonly broadcast: Broadcast;
}

export interface TurnRequest {
  readonly method: RunMethod;
  readonly runId: string;
  readonly key: SessionKey;
  readonly message: string;
  readonly attachments: Attachments | undefined;
  /** Milliseconds; 0 for no limit. */
  readonly timeoutMs: number | undefined;
  readonly thinking?: string | undefined;
  /** What the sender takes for the session's id. */
  readonly sessionId?: string | undefined;
  readonly queueMode?: QueueMode | undefined;
  /** Where its answer goes besides its session. */
  readonly reply?: RunReply | undefined;
  /** Whoever asks for it. */
  readonly owner: object;
}

/** The payload. @throws RpcError */
export async function sendTurn(request: TurnRequest, services: TurnServices): Promise<string> {
  const { runs, sessions } = services;
  const { key, message } = request;
  requireNoNull(message);
  const images = requireImages(request.attachments);
  if (message.trim() === '' && images.length === 0) throw invalidRequest('message or attachment required');
  requireAgent(agentOf(key, sessions.scheme), services.routes(), request.method);
  const entry = await sessions.get(key);
  if (request.sessionId !== undefined && entry?.sessionId !== request.sessionId)
    throw invalidRequest('sessionId does not match sessionKey');
  if (isStopCommand(message)) {
    const runIds = await runs.abort(key, undefined, 'stop');
    return JSON.stringify({ ok: true, aborted: runIds.length > 0, runIds });
  }
  requireSendable(entry);
  const queueMode = queueModeOf(request.queueMode, entry, services.queue());
  return startTurn({ ...request, queueMode }, services);
}

/** Starts a turn that is known to be allowed. Gives the payload. @throws RpcError */
export async function startTurn(request: TurnRequest, services: TurnServices): Promise<string> {
  const { method, runId, key, message, thinking, queueMode, reply, owner } = request;
  const { timeoutMs = services.routes().turnTimeoutMs } = request;
  const { runs, resets, sessions, broadcast } = services;
  const agentId = agentOf(key, sessions.scheme);
  const limit = timeoutMs === 0 ? Number.POSITIVE_INFINITY : timeoutMs;
  const images = requireImages(request.attachments);
  const said = { message, images, timeoutMs: limit, thinking };
  const input = { method, runId, key, agentId, ...said, queueMode, reply, owner };
  const command = readResetCommand(message);
  const acceptance = command ? await resets.accept(input, command) : await runs.accept(input);
  if (acceptance.outcome === 'done') {
    const subject = { runId, sessionKey: key, agentId };
    // Its client waits for an end, which comes after the answer.
    setImmediate(() => new RunEvents(subject, broadcast).final('', Date.now(), undefined, undefined));
    return JSON.stringify({ runId, status: 'started' });
  }
  const run = requireRun(acceptance);
  if (run.outcome === 'ended') return repeatedPayload(runId, run.end);
  return JSON.stringify({ runId, status: run.outcome === 'accepted' ? 'started' : 'in_flight' });
}

/** What a key answers whose run has ended (protocol.md §19). @throws RpcError for one that failed */
function repeatedPayload(runId: string, end: RunEnd): string {
  if (end.message !== undefined) return finalPayload(end);
  return JSON.stringify({ runId, status: end.status });
}

/** @throws RpcError for a session that takes no messages */
export function requireSendable(entry: SessionEntry | undefined): void {
  if (entry?.sendPolicy === 'deny') throw invalidRequest('send blocked by session policy');
}

/** @throws RpcError */
export function requireNoNull(text: string): void {
  if (text.includes('\0')) throw invalidRequest('message must not contain null bytes');
}
