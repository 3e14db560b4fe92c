/**
 * One session with one server, over whatever reaches it. What comes back is checked here only as far as we rely on it:
 * a server that says one thing wrong loses that, not all of its tools; and its schemas are never run, since it could
 * write one that takes for ever.
 *
 * What speaks the protocol takes 250 ms and 25 MB to load: this file is loaded by those who have a server.
 */
import {
  Client,
  SdkHttpError,
  SSEClientTransport,
  SseError,
  StreamableHTTPClientTransport,
  type ProgressCallback,
  type StreamableHTTPClientTransportOptions,
  type Transport,
} from '@modelcontextprotocol/client';
import * as v from 'valibot';
import type { Logger } from '../../../shared/log/logger.js';
import { mcpLimits } from '../../../shared/tools/limits.js';
import type { McpServer, ServerAddress, ServerProcess } from '../../../shared/tools/setup.js';
import { deferred } from '../../../shared/deferred.js';
import { toError } from '../../../shared/to-error.js';
import { VERSION } from '../../../shared/version.js';
import type { ProcessGroups } from '../process-group.js';
import { endings, type Ending } from './ending.js';
import { createGuardedFetch } from './guarded-fetch.js';
import { createProcessTransport } from './process-transport.js';

export interface Session {
  /** All that it has, as it tells of them. @throws Error */
  listTools(signal: AbortSignal): Promise<unknown[]>;
  /** What it answers, or a rejection as `failureOf` reads it. */
  call(name: string, args: object, options: SessionCallOptions): Promise<CallResult>;
  /** @throws Error when it does not answer */
  ping(): Promise<void>;
  /** Resolves once, however it ends. */
  readonly ended: Promise<Ending>;
  kill(ending: Ending): void;
  close(): Promise<void>;
}

export interface SessionCallOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly progress: ProgressCallback;
}

const CallResult = v.object({
  content: v.optional(v.array(v.unknown()), []),
  structuredContent: v.optional(v.unknown()),
  isError: v.optional(v.unknown()),
});
export type CallResult = v.InferOutput<typeof CallResult>;

const ToolPage = v.object({ tools: v.array(v.unknown()), nextCursor: v.optional(v.string()) });

export interface SessionOptions {
  readonly server: McpServer;
  /** Of the gateway's environment, for processes. */
  readonly env: Readonly<Record<string, string>>;
  readonly groups: ProcessGroups;
  readonly log: Logger;
  /** It says that it has other tools now. */
  toolsChanged(): void;
}

/** What all ways to a server have in common: the transport, and how it is ended. */
interface Way {
  readonly transport: Transport;
  kill(ending: Ending): void;
  close(): Promise<void>;
}

/** @throws Error when it could not be reached, or does not speak the protocol */
export async function openSession(options: SessionOptions, signal: AbortSignal): Promise<Session> {
  const { reach } = options.server;
  if (reach.kind === 'process')
    return await connect(options, (ended) => processWay(options, reach, ended), signal);
  try {
    return await connect(options, (ended) => addressWay(options, reach, 'http', ended), signal);
  } catch (caught) {
    // One that is older than that way says so with a status.
    const { cause } = toError(caught);
    if (!(cause instanceof SdkHttpError) || ![400, 404, 405].includes(cause.status ?? 0)) throw caught;
    return await connect(options, (ended) => addressWay(options, reach, 'sse', ended), signal);
  }
}

async function connect(
  { toolsChanged, server, log }: SessionOptions,
  open: (ended: (ending: Ending) => void) => Way,
  signal: AbortSignal,
): Promise<Session> {
  const { promise: ended, resolve } = deferred<Ending>();
  const way = open(resolve);
  const client = new Client({ name: 'pllan', version: VERSION }, { capabilities: {} });
  client.onerror = (error) => {
    log.debug('mcp.protocol', `${server.id}: ${explained(error)}`, { server: server.id });
    if (isGivingUp(error)) way.kill(endings.lost);
  };
  client.setNotificationHandler('notifications/tools/list_changed', toolsChanged);
  try {
    await client.connect(way.transport, { signal, timeout: mcpLimits.startMs });
  } catch (caught) {
    // It may have ended by itself, of which it can say more.
    const ending = await Promise.race([ended, Promise.resolve(undefined)]);
    way.kill(endings.closed);
    await way.close();
    throw new Error(ending?.message ?? explained(toError(caught)), { cause: caught });
  }
  return sessionOf(client, way, ended);
}

function sessionOf(client: Client, way: Way, ended: Promise<Ending>): Session {
  return {
    async listTools(signal) {
      if (!client.getServerCapabilities()?.tools) return [];
      const tools: unknown[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < mcpLimits.pages && tools.length <= mcpLimits.tools; page += 1) {
        const params = cursor === undefined ? {} : { cursor };
        const listed = await client.request({ method: 'tools/list', params }, ToolPage, {
          signal,
          timeout: mcpLimits.startMs,
        });
        tools.push(...listed.tools.slice(0, mcpLimits.tools));
        cursor = listed.nextCursor;
        if (cursor === undefined) break;
      }
      return tools;
    },
    async call(name, args, { timeoutMs, signal, progress }) {
      try {
        return await client.request({ method: 'tools/call', params: { name, arguments: args } }, CallResult, {
          signal,
          timeout: timeoutMs,
          onprogress: progress,
        });
      } catch (caught) {
        if (isGone(caught)) way.kill(endings.lost);
        throw caught;
      }
    },
    ping: async () => void (await client.ping({ timeout: mcpLimits.pingMs })),
    ended,
    kill: (ending) => way.kill(ending),
    close: () => way.close(),
  };
}

function processWay(
  { server, env, groups, log }: SessionOptions,
  reach: ServerProcess,
  ended: (ending: Ending) => void,
): Way {
  const transport = createProcessTransport({ server: server.id, reach, env, groups, log, ended });
  return { transport, kill: (ending) => transport.kill(ending), close: () => transport.close() };
}

/** Nothing in it is ours: it is ended by telling it so, and by letting go. */
function addressWay(
  { server, log }: SessionOptions,
  { url, headers }: ServerAddress,
  form: 'http' | 'sse',
  ended: (ending: Ending) => void,
): Way {
  const kill = (ending: Ending): void => {
    ended(ending);
    void shut();
  };
  const guarded = createGuardedFetch(server.timeoutMs, kill);
  const address = new URL(url);
  const { username, password } = address;
  address.username = '';
  address.password = '';
  const basic = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString(
    'base64',
  );
  const sent = username === '' && password === '' ? headers : { authorization: `Basic ${basic}`, ...headers };
  const init = { fetch: guarded.fetch, requestInit: { headers: sent } };
  const http = form === 'http' ? resumingWay(address, init, server.timeoutMs) : undefined;
  const transport: Transport = http ?? new SSEClientTransport(address, init);
  const shut = async (): Promise<void> => {
    await transport.close().catch((caught: unknown) => log.debug('mcp.close', toError(caught).message));
    await guarded.close();
  };
  return {
    transport,
    kill,
    async close() {
      ended(endings.closed);
      // A server may not care, or not be there.
      const told = http?.terminateSession().catch(() => {});
      await Promise.race([told, new Promise((resolve) => setTimeout(resolve, mcpLimits.endMs))]);
      await shut();
    },
  };
}

/** An answer that breaks off is asked for again, not without a pause, and no longer than somebody may wait for it. */
function resumingWay(
  address: URL,
  init: StreamableHTTPClientTransportOptions,
  timeoutMs: number,
): StreamableHTTPClientTransport {
  const transport = new StreamableHTTPClientTransport(address, {
    ...init,
    reconnectionScheduler: resumeLater,
  });
  const send = transport.send.bind(transport);
  transport.send = (message, options) =>
    send(message, { ...options, requestSignal: AbortSignal.timeout(timeoutMs + mcpLimits.pingMs) });
  return transport;
}

/** The server may say 0, or more than a timer can wait, which is 0 as well: it would be asked without end. */
function resumeLater(resume: () => void, delayMs: number): () => void {
  const { resumeMinMs, resumeMaxMs } = mcpLimits;
  const timer = setTimeout(resume, Math.min(resumeMaxMs, Math.max(resumeMinMs, delayMs)));
  return () => clearTimeout(timer);
}

/** In one line. `fetch failed` alone says nothing; the page that a server answers with says too much. */
function explained(error: Error): string {
  if (error instanceof SdkHttpError && error.status) return `it answers with status ${error.status}`;
  const { message, cause } = error;
  const behind = cause instanceof Error ? `: ${cause.message || cause.name}` : '';
  return `${message}${behind}`.replaceAll(/\s+/g, ' ').slice(0, mcpLimits.printedChars);
}

/** Nobody is there, or nobody who knows this session: another one may do. */
function isGone(caught: unknown): boolean {
  return caught instanceof SdkHttpError ? caught.status === 404 : caught instanceof TypeError;
}

/** A stream for what the server says by itself cannot be opened again, or would be of a session that is gone. */
function isGivingUp(error: Error): boolean {
  return error instanceof SseError || error.message.startsWith('Maximum reconnection attempts');
}
