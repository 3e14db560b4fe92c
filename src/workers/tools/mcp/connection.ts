/**
 * One server, for as long as its worker lives: started with it, started again whenever it ends.
 *
 *              ┌──────────── delay over ─────────────┐
 *              ▼                                     │
 *          starting ──could not, took too long──▶ waiting
 *            │   ▲                                   ▲
 *    tools listed└─ had been ready for long ─┐       │ else
 *            ▼                               │       │
 *          ready ──ended, does not answer────┴───────┘
 *
 *   each ──stop──▶ stopped; retired, it is stopped when its last call has ended
 *
 * Its tools are offered while it is ready and while it is started again; not any more once that has failed. Calls that
 * come while it starts wait for that, no longer than they may take; while it waits they fail at once.
 */
import type { Logger } from '../../../shared/log/logger.js';
import { mcpLimits } from '../../../shared/tools/limits.js';
import type { McpServer } from '../../../shared/tools/setup.js';
import { toolError, type ToolOutcome, type ToolUpdate } from '../../../shared/tools/tool-call.js';
import { toError } from '../../../shared/to-error.js';
import { unreachable } from '../../../shared/unreachable.js';
import { failureOf, outcomeOf, progressText } from './call-outcome.js';
import { endings, type Ending } from './ending.js';
import { noTools, serverTools, type ServerTools } from './server-tools.js';
import type { Session } from './session.js';

export interface Connection {
  readonly id: string;
  /** Of one call. */
  readonly timeoutMs: number;
  /** The same object until they have changed. */
  readonly tools: ServerTools;
  readonly ready: boolean;
  /** Resolves when its first start, which goes on, has come to something; undefined when it has. */
  readonly arriving: Promise<void> | undefined;
  /** @param name the server's own */
  call(name: string, args: object, signal: AbortSignal, update: ToolUpdate): Promise<ToolOutcome>;
  /** Stops it when no call is under way any more, and not before; `done` is called then. */
  retire(done: () => void): void;
  readonly retired: boolean;
  stop(): Promise<void>;
}

export interface ConnectionOptions {
  readonly server: McpServer;
  readonly log: Logger;
  /** @throws Error */
  open(toolsChanged: () => void, signal: AbortSignal): Promise<Session>;
  /** Counts starts. */
  started(outcome: 'ok' | 'error'): void;
}

type State =
  | { readonly name: 'starting'; readonly first: boolean; readonly settled: Promise<void>; giveUp(): void }
  | { readonly name: 'ready'; readonly session: Session; readonly since: number }
  | { readonly name: 'waiting'; readonly timer: NodeJS.Timeout }
  | { readonly name: 'stopped' };

export function createConnection({ server, log, open, started }: ConnectionOptions): Connection {
  const { id } = server;
  let state: State = { name: 'stopped' };
  let tools = noTools;
  let failures = 0;
  let calls = 0;
  let checking = false;
  let onRetired: (() => void) | undefined;

  const start = (first: boolean): void => {
    const giving = new AbortController();
    const signal = AbortSignal.any([giving.signal, AbortSignal.timeout(mcpLimits.startMs)]);
    state = { name: 'starting', first, settled: attempt(signal), giveUp: () => giving.abort() };
  };
  const attempt = async (signal: AbortSignal): Promise<void> => {
    let session: Session | undefined;
    try {
      const refresh = createRefresh(() => relist());
      session = await open(refresh, signal);
      tools = told(serverTools(id, await session.listTools(signal)));
    } catch (caught) {
      void session?.close();
      if (state.name === 'stopped') return;
      started('error');
      tools = noTools;
      wait('mcp.unavailable', toError(caught).message);
      return;
    }
    if (state.name === 'stopped') return await session.close();
    started('ok');
    const current = session;
    state = { name: 'ready', session, since: performance.now() };
    log.info('mcp.ready', `${id}: ${tools.definitions.length} tools`, { server: id });
    void current.ended.then((ending) => lost(current, ending));
  };
  const lost = (session: Session, { message }: Ending): void => {
    if (state.name !== 'ready' || state.session !== session) return;
    const healthy = performance.now() - state.since >= mcpLimits.healthyMs;
    if (!healthy) return wait('mcp.lost', message);
    failures = 0;
    log.warn('mcp.lost', `${id}: ${message}; it is started again`, { server: id });
    start(false);
  };
  const wait = (event: string, why: string): void => {
    const delayMs = Math.min(mcpLimits.retryMs * 2 ** failures, mcpLimits.retryMaxMs);
    failures += 1;
    log.warn(event, `${id}: ${why}; next try in ${delayMs} ms`, { server: id, failures });
    state = { name: 'waiting', timer: setTimeout(() => start(false), delayMs) };
  };
  const told = (next: ServerTools): ServerTools => {
    if (next.leftOut > 0)
      log.warn('mcp.tools-left-out', `${id}: ${next.leftOut} of its tools cannot be offered`, { server: id });
    return next;
  };
  const relist = async (): Promise<void> => {
    if (state.name !== 'ready') return;
    const { session } = state;
    try {
      const listed = await session.listTools(AbortSignal.timeout(mcpLimits.startMs));
      if (isReady(session)) tools = told(serverTools(id, listed));
    } catch (caught) {
      log.debug('mcp.list', `${id}: ${toError(caught).message}`, { server: id });
    }
  };
  const isReady = (session: Session): boolean => state.name === 'ready' && state.session === session;

  /** After a call without an answer: who does not even answer this, will not answer the next one. */
  const check = async (session: Session): Promise<void> => {
    if (checking) return;
    checking = true;
    try {
      await session.ping();
    } catch {
      session.kill(endings.silent);
    } finally {
      checking = false;
    }
  };
  /** Undefined when there is none, in the end or in time. */
  const sessionBy = async (deadline: AbortSignal): Promise<Session | undefined> => {
    if (state.name === 'starting') await orAborted(state.settled, deadline);
    return state.name === 'ready' ? state.session : undefined;
  };
  const run = async (
    name: string,
    args: object,
    signal: AbortSignal,
    update: ToolUpdate,
  ): Promise<ToolOutcome> => {
    const due = performance.now() + server.timeoutMs;
    const session =
      state.name === 'ready'
        ? state.session
        : await sessionBy(AbortSignal.any([signal, AbortSignal.timeout(server.timeoutMs)]));
    if (signal.aborted) return aborted;
    const leftMs = Math.ceil(due - performance.now());
    if (leftMs <= 0) return toolError('timeout', `${id} was not connected in time`);
    if (!session) return toolError('failed', `${id} is not connected`);
    const progress = (made: Parameters<typeof progressText>[0]): void =>
      update([{ type: 'text', text: progressText(made) }]);
    try {
      return outcomeOf(await session.call(name, args, { timeoutMs: leftMs, signal, progress }));
    } catch (caught) {
      if (signal.aborted) return aborted;
      const ending = await Promise.race([session.ended, Promise.resolve(undefined)]);
      if (ending) return toolError(ending.kind, `${id}: ${ending.message}`);
      const outcome = failureOf(caught, id);
      log.debug('mcp.call', `${id}: ${toError(caught).message}`, { server: id });
      if (outcome.status === 'error' && outcome.kind === 'timeout') void check(session);
      return outcome;
    }
  };

  const stop = async (): Promise<void> => {
    const last = state;
    state = { name: 'stopped' };
    tools = noTools;
    switch (last.name) {
      case 'starting':
        last.giveUp();
        return await last.settled;
      case 'ready':
        return await last.session.close();
      case 'waiting':
        return clearTimeout(last.timer);
      case 'stopped':
        return;
      default:
        return unreachable(last);
    }
  };
  const leave = (): void => {
    if (onRetired && calls === 0) void stop().then(onRetired);
  };

  start(true);
  return {
    id,
    timeoutMs: server.timeoutMs,
    get tools() {
      return tools;
    },
    get ready() {
      return state.name === 'ready';
    },
    get arriving() {
      return state.name === 'starting' && state.first ? state.settled : undefined;
    },
    async call(name, args, signal, update) {
      if (calls >= mcpLimits.calls) return toolError('overloaded', `too many calls of ${id} are running`);
      calls += 1;
      try {
        return await run(name, args, signal, update);
      } finally {
        calls -= 1;
        leave();
      }
    },
    retire(done) {
      onRetired ??= done;
      leave();
    },
    get retired() {
      return onRetired !== undefined;
    },
    stop,
  };
}

const aborted = toolError('aborted', 'the call was given up');

/** Runs what it is given soon, and again only after a while, however often it is asked to. */
function createRefresh(run: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined;
  let lastAt = -Infinity;
  return () => {
    const waitMs = Math.max(0, lastAt + mcpLimits.refreshMs - performance.now());
    timer ??= setTimeout(() => {
      timer = undefined;
      lastAt = performance.now();
      void run();
    }, waitMs);
  };
}

async function orAborted(settled: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  let giveUp = (): void => {};
  const given = new Promise<void>((resolve) => {
    giveUp = resolve;
    signal.addEventListener('abort', giveUp, { once: true });
  });
  await Promise.race([settled, given]);
  signal.removeEventListener('abort', giveUp);
}
