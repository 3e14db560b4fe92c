/**
 * One run of the gateway from its request to its end, whatever happens to the connection meanwhile
 * (runs-and-events.md §1.2, §12). Every try is under one key, so there is one run at most:
 *
 *   asking ──accepted──▶ running ──final──▶ done
 *     │                    │                 ▲
 *     └──connection lost───┴─▶ connecting again ──▶ not accepted yet: asking again
 *                                                   accepted: `agent.wait`, then asking for the stored end
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { toError } from '../../shared/to-error.js';
import { connectTo, deviceOf, type GatewayAccess } from '../client/call.js';
import type { GatewayClient } from '../client/client.js';
import { deadlineIn } from '../client/deadline.js';
import { GatewayError } from '../client/errors.js';
import { explain } from '../client/explain.js';
import { resolveTarget } from '../client/target.js';
import { clientLimits, runLimits } from '../limits.js';
import { recordOf, type Facts } from '../record.js';
import { UserError } from '../user-error.js';

export interface RunRequest {
  /** Of `agent`. */
  readonly params: Facts & { readonly idempotencyKey: string };
  /** What the session is to remember from now on: fields of `sessions.patch`. */
  readonly preferences: Facts;
}

export interface RunControl {
  /** The run is to end. */
  readonly stop: AbortSignal;
  /** Nobody waits any longer; the run is left to itself. */
  readonly leave: AbortSignal;
}

/**
 * Gives the run's final payload. Only the first connection has to come about at once.
 *
 * @param access its timeout is that of the whole
 * @throws UserError, or the abort's error once `leave` was raised
 */
export async function followRun(
  access: GatewayAccess,
  { params, preferences }: RunRequest,
  { stop, leave }: RunControl,
): Promise<unknown> {
  const target = resolveTarget(access.flags, access.sources);
  const device = deviceOf(access);
  const deadline = deadlineIn(access.timeoutMs);
  const runId = params.idempotencyKey;
  let client: GatewayClient | undefined;
  let asked = false;
  let accepted: { readonly sessionKey: unknown; readonly bootId: string | undefined } | undefined;
  let losses = 0;

  /** What is asked beside the run; a lost connection is noticed elsewhere. */
  const asides: Promise<unknown>[] = [];
  const aside = (method: string, details: object): void => {
    const answer = client?.request(method, details, deadlineIn(runLimits.asideMs));
    const told = answer?.catch((caught: unknown) => {
      if (!(caught instanceof GatewayError) || caught.failure !== 'closed')
        access.note(`${method}: ${toError(caught).message}`);
    });
    asides.push(Promise.resolve(told));
  };
  const abortRun = (): void => {
    if (accepted) aside('chat.abort', { sessionKey: accepted.sessionKey, runId });
  };

  const ask = async (gateway: GatewayClient): Promise<unknown> => {
    if (!accepted) {
      asked = true;
      return gateway.request('agent', params, deadline, ({ sessionKey }) => {
        accepted = { sessionKey, bootId: gateway.hello.bootId };
        losses = 0;
        if (Object.keys(preferences).length > 0) aside('sessions.patch', { key: sessionKey, ...preferences });
        if (stop.aborted) abortRun();
      });
    }
    if (stop.aborted) abortRun();
    const restarted = gateway.hello.bootId !== accepted.bootId;
    for (;;) {
      // A gateway ends what it finds open at its start: what it does not know ended then, it never will.
      const timeoutMs = restarted ? 0 : runLimits.waitMs;
      const waited = await gateway.request('agent.wait', { runId, timeoutMs }, deadline);
      losses = 0;
      if (recordOf(waited).endedAt !== undefined) break;
      if (restarted) throw new UserError(`the gateway was restarted and does not know run ${runId}`);
    }
    return gateway.request('agent', params, deadline, true);
  };

  const worthAnotherTry = (caught: unknown): caught is GatewayError => {
    if (!asked || !(caught instanceof GatewayError) || deadline.remainingMs() === 0) return false;
    const { failure, server } = caught;
    // An answer is one, unless it says when to come back with a run that has been accepted already.
    if (failure === 'response') return accepted !== undefined && server?.retryAfterMs !== undefined;
    return server === undefined || server.code === 'UNAVAILABLE';
  };

  const explained = (caught: unknown): UserError => {
    const error = explain(caught, target, access.sources, device);
    const hasEnded = !(caught instanceof GatewayError) || caught.failure === 'response';
    if (!asked || hasEnded) return error;
    const later = `The run may go on: pllan gateway call agent.wait --params '{"runId":"${runId}"}'`;
    return new UserError(error.message, [...error.details, later], error.facts);
  };

  const follow = async (): Promise<unknown> => {
    for (;;) {
      try {
        client = await connectTo(
          target,
          device,
          deadlineIn(Math.min(clientLimits.timeoutMs, deadline.remainingMs())),
        );
        const final = await ask(client);
        await Promise.all(asides);
        return final;
      } catch (caught) {
        leave.throwIfAborted();
        if (!worthAnotherTry(caught) || losses >= runLimits.connectTries) throw explained(caught);
        if (losses === 0) access.note(`Connection lost (${caught.message}); connecting again.`);
        const pauseMs = Math.min(runLimits.maxPauseMs, runLimits.pauseMs * 2 ** losses);
        losses += 1;
        await sleep(Math.min(pauseMs, deadline.remainingMs()), undefined, { signal: leave });
      } finally {
        client?.close();
        client = undefined;
      }
    }
  };

  stop.addEventListener('abort', abortRun);
  const left = new Promise<never>((_resolve, reject) => {
    leave.addEventListener('abort', () => {
      reject(toError(leave.reason));
      client?.close();
    });
  });
  left.catch(() => {}); // it may be raised when the run has ended
  const followed = follow();
  followed.catch(() => {}); // what comes after leaving is nobody's business
  try {
    return await Promise.race([followed, left]);
  } finally {
    stop.removeEventListener('abort', abortRun);
  }
}
