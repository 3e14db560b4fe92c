/**
 * What the main process and the load processes tell each other. Options go in as JSON in the environment (there is a token
 * among them, and arguments are visible to every user of the machine); the result comes out as one JSON line. Both ends are
 * compiled together, so the shapes are not checked again at run time.
 */
import type { LatencySummary } from './latency.js';

export interface HttpLoadOptions {
  readonly url: string;
  readonly token: string | null;
  readonly body: string;
  readonly connections: number;
  readonly durationMs: number;
  /** Every answer's body has to contain this; an answer that does not is an error. */
  readonly expect: string;
}

export interface RpcLoadOptions {
  readonly url: string;
  /** Null for the echo baseline, which knows no handshake. */
  readonly token: string | null;
  readonly connections: number;
  readonly inFlight: number;
  readonly durationMs: number;
}

export interface RpcProbeOptions {
  readonly url: string;
  readonly token: string | null;
  readonly intervalMs: number;
  readonly durationMs: number;
}

/** Handshakes: as many sockets as `parallel` at any time, each closed after its hello-ok. */
export interface ConnectLoadOptions {
  readonly url: string;
  readonly token: string;
  readonly parallel: number;
  readonly durationMs: number;
}

/** Turns on sessions through one connection: on each session one after the other. */
export interface RunLoadOptions {
  readonly url: string;
  readonly token: string;
  readonly sessions: number;
  readonly durationMs: number;
}

/** Signed messages to a webhook account: so many in a second, whether those before have been answered or not. */
export interface FloodOptions {
  readonly url: string;
  readonly secret: string;
  readonly perSecond: number;
  readonly durationMs: number;
}

export interface HoldOptions {
  readonly url: string;
  readonly token: string;
  readonly connections: number;
}

export interface FillStoreOptions {
  readonly stateDir: string;
  readonly sessions: number;
  /** Of the one large transcript. */
  readonly transcriptBytes: number;
}

export interface FanOutLoadOptions {
  readonly port: number;
  /** The server's process, whose CPU time is read while frames are counted. */
  readonly pid: number;
  /** Null for the broadcast baseline. */
  readonly token: string | null;
  readonly subscribers: number;
  /** Further ones that read nothing after their handshake. */
  readonly stalled: number;
  readonly source: FanOutSource;
  readonly durationMs: number;
}

export type FanOutSource =
  /** One message to all, so many of them under way at a time. */
  | { readonly kind: 'broadcasts'; readonly inFlight: number }
  /** One list to all, and the next so long after everyone has it: what is measured is the time until then. */
  | { readonly kind: 'lists'; readonly pauseMs: number }
  /** So many answers of a model that stream at a time; `watched`: subscribers ask for all that happens in their sessions. */
  | { readonly kind: 'runs'; readonly count: number; readonly model: string; readonly watched: boolean }
  /** So many clients at a time that come, are seen by everyone, and go. */
  | { readonly kind: 'visitors'; readonly count: number };

/**
 * `completed` counts frames that arrived at subscribers; latencies are of broadcasts, from asking for one to each arrival.
 * Of lists, `seconds` leaves the pauses out.
 */
export interface FanOutResult extends LoadResult {
  readonly bytesPerFrame: number;
}

export interface LoadResult extends LatencySummary {
  /** Requests answered as expected. */
  readonly completed: number;
  readonly seconds: number;
  /** Wrong or missing answers, refused and lost connections. */
  readonly errors: number;
  /** CPU time of the load process over wall time. Near 1 the generator, not the server, is the limit. */
  readonly loaderCpu: number;
  /** CPU time of the server's process tree, where the load process itself knows when its work begins and ends. */
  readonly serverCpuMicros?: number;
}

export const optionsVariable = 'LOADTEST_OPTIONS';

/** The options given to this load process. */
export function loadOptions<T>(): T {
  const text = process.env[optionsVariable];
  if (text === undefined)
    throw new Error('this load process is started by the load test: it needs its options in its environment');
  return JSON.parse(text) as T;
}

/** Measures a load process's own CPU time: call at the start, call the result at the end. */
export function startLoaderClock(): () => { readonly seconds: number; readonly loaderCpu: number } {
  const start = performance.now();
  const cpu = process.cpuUsage();
  return () => {
    const seconds = (performance.now() - start) / 1_000;
    const used = process.cpuUsage(cpu);
    return { seconds, loaderCpu: (used.user + used.system) / 1e6 / seconds };
  };
}
