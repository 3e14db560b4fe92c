/**
 * Runs while workers and the gateway are killed, the gateway restarts, turns are aborted, clients cut off and keys repeated:
 * afterwards every accepted run has exactly one end, no key has run twice, and no transcript has lost, doubled or reordered anything.
 * Small by default; `npm run test:chaos` runs it in full. `PLLAN_CHAOS_SEED` repeats a run that failed.
 */
import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { connectControl, type ControlClient, type Frame } from '../support/control-client.js';
import { freePort, startGateway, temporaryDir, type TestGateway } from '../support/gateway.js';
import { runEnded } from '../support/session-calls.js';
import { waitFor, within } from '../support/wait-for.js';
import { inFull } from '../support/in-full.js';

const scale = inFull
  ? { sessions: 200, runs: 1_000, workerKills: 20, gatewayKills: 5, restarts: 10, clients: 16 }
  : { sessions: 12, runs: 80, workerKills: 4, gatewayKills: 1, restarts: 1, clients: 6 };
const random = Number(process.env.PLLAN_CHAOS_SEED ?? randomInt(2 ** 31));
const seeds = inFull ? [42, random] : [random];

/** Each kind of harm as often as it is to be done, spread over the whole. */
const harms = (
  [
    ['worker', scale.workerKills],
    ['gateway', scale.gatewayKills],
    ['restart', scale.restarts],
  ] as const
)
  .flatMap(([kind, times]) => Array.from({ length: times }, (_, n) => ({ kind, at: (n + 0.5) / times })))
  .toSorted((a, b) => a.at - b.at)
  .map(({ kind }) => kind);

interface PlannedRun {
  readonly runId: string;
  readonly sessionKey: string;
  readonly method: 'agent' | 'chat.send';
  readonly message: string;
  /** How it waits, if it is a `chat.send`. */
  readonly queueMode: 'followup' | 'collect' | 'interrupt' | undefined;
  /** Milliseconds after its start at which it is aborted. */
  readonly abortAfter: number | undefined;
  readonly repeat: boolean;
}

function plan(seed: number): PlannedRun[] {
  const pick = fc.record({
    session: fc.nat(scale.sessions - 1),
    method: fc.constantFrom('agent' as const, 'chat.send' as const),
    kind: fc.constantFrom('trickle 3 30', 'trickle 12 15', 'wait 40', 'wait 150', 'now'),
    mode: fc.constantFrom('followup' as const, 'collect' as const, 'collect' as const, 'interrupt' as const),
    abortAfter: fc.option(fc.nat(200), { freq: 6, nil: undefined }),
    repeat: fc.boolean(),
  });
  const picks = fc.sample(fc.array(pick, { minLength: scale.runs, maxLength: scale.runs }), {
    seed,
    numRuns: 1,
  })[0];
  return (picks ?? []).map(({ session, method, kind, mode, abortAfter, repeat }, index) => ({
    runId: `run-${seed}-${index}`,
    sessionKey: `agent:main:s${session}`,
    method,
    message: kind === 'now' ? `mark-${index}.` : `/${kind} mark-${index}.`,
    queueMode: method === 'chat.send' ? mode : undefined,
    // oxlint-disable-next-line no-nested-ternary -- every sixth or so is aborted
    abortAfter: abortAfter === undefined ? undefined : abortAfter % 6 === 0 ? abortAfter : undefined,
    repeat,
  }));
}

const paramsOf = ({ sessionKey, message, runId, queueMode }: PlannedRun): object => ({
  sessionKey,
  message,
  idempotencyKey: runId,
  ...(queueMode && { queueMode }),
});

it.each(seeds)(
  'seed %i: every run ends once, whatever dies',
  { timeout: inFull ? 600_000 : 120_000 },
  async (seed) => {
    const [port, stateDir] = [await freePort(), temporaryDir()];
    const config = { agents: { defaults: { maxConcurrent: 16 } } };
    const boot = (): Promise<TestGateway> => startGateway({ port, stateDir, config });
    let gateway = await boot();
    const url = gateway.wsUrl;
    const runs = plan(seed);
    const connections: ControlClient[] = [];
    const connect = async (): Promise<ControlClient> => {
      const client = await waitFor(
        'a gateway that takes clients',
        async () => {
          try {
            const made = await connectControl(url);
            return made.hello.ok ? made : undefined;
          } catch {
            return undefined;
          }
        },
        60_000,
      );
      connections.push(client);
      return client;
    };
    const isOpen = (client: ControlClient): boolean => client.socket.readyState === client.socket.OPEN;

    /** Asks with the run's key, over as many connections as it takes, until an answer came. */
    const ask = async (run: PlannedRun, lane: Lane, id: string): Promise<Frame> => {
      for (;;) {
        if (!isOpen(lane.client)) lane.client = await connect();
        const { client } = lane;
        client.send({
          type: 'req',
          id,
          method: run.method,
          params: paramsOf(run),
        });
        const answer = await waitFor(
          'an answer',
          () => client.frames.find((frame) => frame.id === id) ?? (isOpen(client) ? undefined : 'gone'),
        );
        if (answer === 'gone') continue;
        if (!isRefused(answer)) return answer;
        await within('the end of the connection', client.closed, 60_000);
      }
    };

    const lanes: Lane[] = await Promise.all(
      Array.from({ length: scale.clients }, async () => ({ client: await connect() })),
    );
    let done = 0;
    const work = async (lane: Lane, index: number): Promise<void> => {
      for (let at = index; at < runs.length; at += scale.clients) {
        const run = runs[at] as PlannedRun;
        await ask(run, lane, run.runId);
        if (run.repeat) await ask(run, lane, `${run.runId} again`);
        if (run.abortAfter !== undefined) {
          await new Promise((resolve) => setTimeout(resolve, run.abortAfter));
          if (isOpen(lane.client))
            lane.client.send({
              type: 'req',
              id: `abort ${run.runId}`,
              method: 'chat.abort',
              params: { sessionKey: run.sessionKey, runId: run.runId },
            });
        }
        if (at % 37 === 36) lane.client.socket.terminate();
        done += 1;
      }
    };
    const harm = async (): Promise<void> => {
      for (const [n, kind] of harms.entries()) {
        await waitFor('some runs', () => done >= (runs.length * (n + 1)) / (harms.length + 1) || undefined);
        if (kind === 'gateway') {
          gateway.child.kill('SIGKILL');
          await gateway.exited;
          gateway = await boot();
        } else if (kind === 'restart') {
          const before = starts(gateway);
          gateway.child.kill('SIGUSR1');
          await waitFor('another start', () => starts(gateway) > before, 60_000);
        } else {
          for (const pid of gateway.workers()) process.kill(pid, 'SIGKILL');
        }
      }
    };
    await Promise.all([...lanes.map(work), harm()]);

    const judge = await connect();
    const ends = new Map<string, Frame>();
    const neverBegun = new Set<string>();
    for (const run of runs) {
      const { runId, message, method } = run;
      const waited = await runEnded(judge, runId);
      expect(waited).toHaveProperty('endedAt');
      if (waited.providerStarted === false) neverBegun.add(message);
      const params = paramsOf(run);
      const [once, twice] = [await judge.call(method, params), await judge.call(method, params)];
      expect({ ...twice, id: once.id }).toEqual(once);
      expect(['ok', 'error', 'timeout']).toContain(once.payload?.status);
      ends.set(runId, once);
    }
    expectOneTerminalEvent(connections);
    expectEveryRequesterAnsweredOnce(connections, runs, ends);
    for (const client of connections) expectNoGaps(client);
    for (const sessionKey of new Set(runs.map((run) => run.sessionKey))) {
      const { payload } = await judge.call('chat.history', { sessionKey, limit: 1_000 });
      expectWholeTranscript(
        payload?.messages as Row[],
        runs.filter((run) => run.sessionKey === sessionKey),
        ends,
        neverBegun,
      );
    }
    await gateway.stop();
  },
);

interface Lane {
  client: ControlClient;
}

interface Row {
  readonly role: string;
  readonly content: readonly { readonly text: string }[];
}

const starts = (gateway: TestGateway): number => gateway.stdout().split('] ready (').length;

/** A gateway that is about to restart takes nothing any more: whoever asks comes again. */
const isRefused = ({ error, payload }: Frame): boolean =>
  error?.code === 'UNAVAILABLE' && payload === undefined;

const terminal = new Set(['final', 'aborted', 'error']);

function expectOneTerminalEvent(connections: readonly ControlClient[]): void {
  for (const { frames } of connections) {
    const ended = frames.filter(
      ({ event, payload }) => event === 'chat' && terminal.has(String(payload?.state)),
    );
    const ids = ended.map(({ payload }) => payload?.runId);
    expect(new Set(ids).size).toBe(ids.length);
  }
}

/** An `agent` call that was accepted over a connection that lived got its one end there. */
function expectEveryRequesterAnsweredOnce(
  connections: readonly ControlClient[],
  runs: readonly PlannedRun[],
  ends: ReadonlyMap<string, Frame>,
): void {
  for (const { runId, method } of runs) {
    if (method !== 'agent') continue;
    for (const { frames, socket } of connections) {
      const answers = frames.filter((frame) => frame.id === runId && !isRefused(frame));
      if (answers.length === 0) continue;
      const finals = answers.filter(({ payload }) => payload?.status !== 'accepted');
      if (socket.readyState === socket.OPEN) expect(finals).toHaveLength(1);
      expect(finals.length).toBeLessThanOrEqual(1);
      for (const final of finals) expect(final.payload?.status).toBe(ends.get(runId)?.payload?.status);
    }
  }
}

function expectNoGaps({ frames }: ControlClient): void {
  const numbers = frames.filter(({ seq }) => seq !== undefined).map(({ seq }) => seq);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
}

/** Each message that was begun is there once, and what answers it follows it. */
function expectWholeTranscript(
  rows: readonly Row[],
  runs: readonly PlannedRun[],
  ends: ReadonlyMap<string, Frame>,
  neverBegun: ReadonlySet<string>,
): void {
  const markOf = (text: string): string | undefined => /mark-\d+\./.exec(text)?.[0];
  const said = rows.map(({ role, content }) => ({ role, text: content.map(({ text }) => text).join('') }));
  const asked = said.filter(({ role }) => role === 'user').map(({ text }) => text);
  expect(new Set(asked).size).toBe(asked.length);
  const wanted = new Set(runs.map(({ message }) => message));
  for (const text of asked) expect(wanted).toContain(text);
  for (const { runId, message, queueMode } of runs) {
    const { payload } = ends.get(runId) as Frame;
    const at = said.findIndex(({ role, text }) => role === 'user' && text === message);
    // What was collected may have been taken over by another run, which may have failed.
    if (payload?.status === 'ok' && queueMode === 'collect') expect(at).toBeGreaterThanOrEqual(0);
    else if (payload?.status === 'ok') {
      expect(said[at + 1]).toMatchObject({
        role: 'assistant',
        text: expect.stringContaining(markOf(message) as string),
      });
    } else {
      expect(at >= 0).toBe(!neverBegun.has(message));
    }
  }
  said.forEach(({ role, text }, index) => {
    if (role !== 'assistant') return;
    expect(said[index - 1]?.role).toBe('user');
    const mark = markOf(text);
    if (mark !== undefined) expect(said[index - 1]?.text).toContain(mark);
  });
}
