/** What a gateway has to do meanwhile: completions, sockets that wait, answers that stream, and questions for its health. */
import { randomUUID } from 'node:crypto';
import { createHistogram } from 'node:perf_hooks';
import { connectMany, type ControlClient, type Frame } from '../../support/control-client.js';
import { chatRequest, type TestGateway } from '../../support/gateway.js';
import { startHttpLoad } from '../../support/http-load.js';
import { repeat, type Repetition } from '../../support/repeat.js';
import { within } from '../../support/wait-for.js';

export interface LoadScale {
  readonly http: number;
  readonly sockets: number;
  readonly streams: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly runs: number;
  readonly streams: number;
  /** What should not have been: of requests, streams, runs, sockets and questions for health. */
  readonly failures: readonly string[];
  /** Of `health`, in milliseconds. */
  readonly health: {
    readonly p50: number;
    readonly p99: number;
    readonly max: number;
    readonly count: number;
  };
}

export interface Load {
  stop(): Promise<LoadResult>;
}

const WORDS = 12;
const STREAM = `/trickle ${WORDS} 250`;
const RUN_DEADLINE_MS = 60_000;
const HEALTH_EVERY_MS = 20;

export async function startLoad(gateway: TestGateway, scale: LoadScale): Promise<Load> {
  const sessionRuns = Math.floor(scale.streams / 2);
  const [probe, runner, ...waiting] = (await connectMany(gateway.wsUrl, scale.sockets)) as [
    ControlClient,
    ControlClient,
    ...ControlClient[],
  ];
  // Nobody here reads what they are told: to parse it would be the most of what this process does.
  for (const { socket } of waiting) socket.removeAllListeners('message').on('message', () => {});
  const health = probeHealth(probe);
  const runs = startRuns(runner, sessionRuns);
  const http = startHttpLoad(gateway, scale.http);
  const streams = repeat(() => streamOnce(gateway), scale.streams - sessionRuns);
  return {
    async stop() {
      await Promise.all([http.stop(), streams.stop(), runs.stop()]);
      const lost = [probe, runner, ...waiting].filter(
        ({ socket }) => socket.readyState !== socket.OPEN,
      ).length;
      const measured = await health.stop();
      for (const { socket } of [probe, runner, ...waiting]) socket.terminate();
      return {
        requests: http.results.length,
        runs: runs.results.length,
        streams: streams.results.length,
        failures: [
          ...http.results.filter((status) => status !== 200).map((status) => `a request: ${status}`),
          ...[...http.failures, ...streams.failures, ...runs.failures].map(describe),
          ...(lost > 0 ? [`${lost} sockets are gone`] : []),
          ...measured.failures,
        ],
        health: measured,
      };
    },
  };
}

const describe = (error: Error): string =>
  `${error.message}${error.cause instanceof Error ? `: ${error.cause.message}` : ''}`;

async function streamOnce(gateway: TestGateway): Promise<void> {
  const response = await fetch(
    `${gateway.url}/v1/chat/completions`,
    chatRequest({ content: STREAM, stream: true }),
  );
  const text = await response.text();
  if (response.status !== 200) throw new Error(`a stream: ${response.status} ${text.slice(0, 200)}`);
  if (!text.includes(`word${WORDS - 1} `) || !text.trimEnd().endsWith('data: [DONE]'))
    throw new Error(`a stream was cut: …${text.slice(-200)}`);
}

/** Turns, each on a session of its own; every one of them is to end once, and well. */
function startRuns({ socket, send }: ControlClient, atOnce: number): Repetition<void> {
  const ends = new Map<string, (end: string) => void>();
  let twice: string | undefined;
  socket.removeAllListeners('message');
  socket.on('message', (data: Buffer) => {
    const { type, id, ok, event, payload, error } = JSON.parse(data.toString('utf8')) as Frame;
    if (type === 'res' && !ok) ends.get(String(id))?.(`${error?.code} ${error?.message}`);
    if (event !== 'chat' || payload?.state === 'delta') return;
    const runId = String(payload?.runId);
    if (!ends.has(runId)) twice ??= `a run ended twice: ${runId}`;
    ends.get(runId)?.(String(payload?.state));
    ends.delete(runId);
  });
  return repeat(async () => {
    const runId = randomUUID();
    const ended = new Promise<string>((resolve) => ends.set(runId, resolve));
    const params = {
      sessionKey: `agent:main:edits-${runId}`,
      message: STREAM,
      idempotencyKey: runId,
    };
    send({ type: 'req', id: runId, method: 'chat.send', params });
    const end = await within(`the end of run ${runId}`, ended, RUN_DEADLINE_MS);
    if (end !== 'final') throw new Error(`a run ended with ${end}`);
    if (twice !== undefined) throw new Error(twice);
  }, atOnce);
}

interface MeasuredHealth {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly count: number;
  readonly failures: readonly string[];
}

/** Asks on time, whether or not the question before has been answered. */
function probeHealth({ socket, send }: ControlClient): { stop(): Promise<MeasuredHealth> } {
  const histogram = createHistogram();
  const asked = new Map<string, number>();
  const failures: string[] = [];
  let answered = (): void => {};
  socket.removeAllListeners('message');
  socket.on('message', (data: Buffer) => {
    const { type, id = '', ok, error } = JSON.parse(data.toString('utf8')) as Frame;
    const since = asked.get(id);
    if (type !== 'res' || since === undefined) return;
    asked.delete(id);
    if (ok) histogram.record(Math.max(1, Math.round((performance.now() - since) * 1_000)));
    else failures.push(`health: ${error?.message}`);
    if (asked.size === 0) answered();
  });
  let count = 0;
  const timer = setInterval(() => {
    const id = `health-${(count += 1)}`;
    asked.set(id, performance.now());
    send({ type: 'req', id, method: 'health' });
  }, HEALTH_EVERY_MS);
  const ms = (microseconds: number): number => Math.round(microseconds / 100) / 10;
  return {
    async stop() {
      clearInterval(timer);
      const all = new Promise<void>((resolve) => (answered = resolve));
      if (asked.size > 0) await within('the last answers to health', all);
      const [p50, p99] = [ms(histogram.percentile(50)), ms(histogram.percentile(99))];
      return { p50, p99, max: ms(histogram.max), count, failures };
    },
  };
}
