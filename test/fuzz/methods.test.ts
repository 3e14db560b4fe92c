/**
 * Every method, asked rightly and wrongly in thousands of ways over connections of every kind: each request gets its
 * answer, nothing else falls over, and the store says the same before and after a restart. `npm run test:fuzz` asks many
 * more with another seed; `PLLAN_FUZZ_SEED` repeats one.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { methodParams, type MethodName } from '../../src/primary/control/methods/params.js';
import {
  connectControl,
  connectParams,
  type Close,
  type ControlClient,
  type Frame,
} from '../support/control-client.js';
import { connectDevice, createDevice, type DeviceParams, type TestDevice } from '../support/device.js';
import { startGateway, temporaryDir, TOKEN, writeConfig, type TestGateway } from '../support/gateway.js';
import { createLane, type Lane } from '../support/fuzz/lane.js';
import { messages, type Message } from '../support/fuzz/messages.js';
import { deadlineMs, seed, times } from '../support/fuzz/settings.js';
import { valuesOf, type Pools } from '../support/fuzz/valid-values.js';
import { jsonSchemaOf } from '../../src/shared/json-schema.js';
import type { CronJob } from '../../src/shared/store/cron-records.js';
import { answer, runTurn } from '../support/session-calls.js';
import { waitFor } from '../support/wait-for.js';

const BATCH = 25;
/** A PNG of one pixel. */
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
const methods = Object.keys(methodParams) as MethodName[];
const scopes = [
  'operator.read',
  'operator.write',
  'operator.admin',
  'operator.pairing',
  'operator.approvals',
];

it(`seed ${seed}: every request is answered, whatever is in it`, { timeout: deadlineMs }, async () => {
  const stateDir = temporaryDir();
  let gateway = await startGateway({ stateDir, config });
  try {
    const before = { pid: gateway.pid, workers: gateway.workers() };
    const judge = await connectControl(gateway.wsUrl);
    const { features } = judge.hello.payload as {
      readonly features: { readonly methods: readonly string[] };
    };
    expect(methods).toEqual(expect.arrayContaining([...features.methods]));
    const devices = Array.from({ length: 6 }, () => createDevice());
    const requests = requestsOf(await poolsFor(gateway, judge, devices));
    const lanes = lanesOf(gateway, devices);
    let begun = 0;
    const total = times(4_000, 320_000) / BATCH;
    const work = async (lane: Lane): Promise<void> => {
      while (begun < total) {
        begun += 1;
        const batch = fc.sample(requests, { seed: seed + begun, numRuns: BATCH });
        await lane.exchange(batch);
        await answer(judge, 'health', {});
      }
    };
    await Promise.all(lanes.map(work));
    await Promise.all(lanes.map((lane) => lane.settle()));
    await Promise.all(lanes.map((lane) => lane.close()));
    expect({ pid: gateway.pid, workers: gateway.workers() }).toEqual(before);
    expect(gateway.child.exitCode).toBeNull();
    expect(failures(gateway)).toEqual([]);

    const runIds = lanes.flatMap((lane) => [...lane.accepted]);
    writeConfig(stateDir, quietConfig);
    await cronRests(judge);
    const kept = await wholeStore(judge, runIds);
    expect(await gateway.stop()).toBe(0);
    gateway = await startGateway({ stateDir, config: quietConfig });
    expect(await wholeStore(await connectControl(gateway.wsUrl), runIds)).toEqual(kept);
  } finally {
    await gateway.stop();
  }
});

const config = {
  // Restarts have tests of their own; here one would end the connections that are looked at.
  commands: { restart: false },
  // No heartbeat comes while the store is looked at.
  agents: { defaults: { maxConcurrent: 16, heartbeat: { every: '0m' } } },
  // What is there before a restart is to be there after it.
  session: { maintenance: { mode: 'warn' } },
  // Pages and devices that fail must not be made to wait, or everything would.
  gateway: {
    auth: { mode: 'token', token: TOKEN, rateLimit: { maxAttempts: 10_000, exemptLoopback: false } },
  },
};

/** Jobs that were made would go on for ever. */
const quietConfig = { ...config, cron: { enabled: false } };

async function cronRests(client: ControlClient): Promise<void> {
  await waitFor('cron to rest', async () => {
    if ((await answer(client, 'cron.status', {})).enabled === true) return false;
    const jobs = await everyPage<CronJob>(client, 'cron.list', 'jobs', { enabled: 'all', limit: 200 });
    return jobs.every(({ state }) => state.runningAtMs === undefined);
  });
}

/** Lines of the log that say that something of the gateway's own went wrong. */
function failures(gateway: TestGateway): unknown[] {
  return gateway.logLines().filter(({ level }) => level === 'error' || level === 'fatal');
}

function requestsOf(pools: Pools): fc.Arbitrary<Message> {
  const request = fc.constantFrom(...methods).chain((method) =>
    fc.record({
      type: fc.constant('req'),
      id: fc.nat({ max: 1_000_000_000 }).map((id) => `id-${id}`),
      method: fc.constant(method),
      params: valuesOf(jsonSchemaOf(methodParams[method].schema), pools),
    }),
  );
  return messages(request);
}

/** What there is to be found, and names for more. */
async function poolsFor(
  gateway: TestGateway,
  admin: ControlClient,
  devices: readonly TestDevice[],
): Promise<Pools> {
  const sessionIds: string[] = [];
  for (const key of ['fuzz-1', 'fuzz-2', 'fuzz-3']) {
    await runTurn(admin, 'hello', key);
    const { session } = (await answer(admin, 'sessions.describe', { key })) as {
      session: { sessionId: string };
    };
    sessionIds.push(session.sessionId);
  }
  const { models } = (await answer(admin, 'models.list', {})) as {
    models: { id: string; provider: string }[];
  };
  const requestIds: string[] = [];
  for (const [n, device] of devices.entries()) {
    const client = await connectDevice(gateway.wsUrl, device, n % 2 === 0 ? deviceParams : nodeParams, {
      headers: { 'x-forwarded-for': '203.0.113.9' },
    });
    requestIds.push(String(client.answer.error?.details?.requestId));
  }
  const key = fc.oneof(
    fc.nat(30).map((n) => `fuzz-${n}`),
    fc.constantFrom(
      'main',
      ' MAIN ',
      'agent:main:main',
      'global',
      'unknown',
      'agent:main:',
      'agent:other:x',
      ':',
    ),
    fc.constantFrom(
      '__proto__',
      'constructor',
      'a\u0000b',
      '\uD800',
      '\uFFFF',
      'x:group:y',
      '漢'.repeat(512),
      '\u0001'.repeat(99),
    ),
  );
  const runKey = fc.oneof(
    fc.nat(300).map((n) => `run-${n}`),
    fc.constantFrom('__proto__', 'a\u0000b', '\uD800', '漢'.repeat(256)),
  );
  const said = fc.constantFrom(
    'hello',
    '/wait 20',
    '/new',
    '/reset and hello',
    '/stop',
    'stop',
    ' ',
    '/trickle 3 5',
  );
  const agentId = fc.constantFrom('main', 'main', 'main', 'MAIN', 'nobody', 'constructor');
  const sessionId = fc.constantFrom(...sessionIds, 'none');
  return {
    key,
    sessionKey: key,
    parentSessionKey: key,
    agentId,
    runId: runKey,
    idempotencyKey: fc.oneof(
      runKey,
      fc.nat().map((n) => `once-${n}`),
    ),
    message: said,
    task: said,
    text: fc.constantFrom('news', 'Node: here', '\uD800'),
    sessionId,
    expectedSessionId: sessionId,
    shortId: fc.constantFrom(...sessionIds.map((id) => id.slice(0, 4)), '', '\uFFFF'),
    label: fc.constantFrom('one', 'two', 'three', '__proto__', 'a\u0000b', '\uD800', '字'.repeat(512)),
    deviceId: fc.constantFrom(...devices.map(({ id }) => id), '__proto__'),
    requestId: fc.constantFrom(...requestIds, '__proto__'),
    nodeId: fc.constantFrom(...devices.map(({ id }) => id), '__proto__'),
    command: fc.constantFrom('system.run', 'no.such'),
    channel: fc.constantFrom('webchat', 'webchat', 'pigeon'),
    to: key,
    role: fc.constantFrom('operator', 'node', '__proto__'),
    scope: fc.constantFrom(...scopes),
    attachments: fc.constantFrom([], [{ content: 'aGk=' }], [{ mimeType: 'image/png', content: PIXEL }]),
    model: fc.constantFrom(
      ...models.map(({ id }) => id),
      ...models.map(({ provider, id }) => `${provider}/${id}`),
    ),
    thinkingLevel: fc.constantFrom('off', 'low', 'high'),
    verboseLevel: fc.constantFrom('on', 'off', 'full'),
    reasoningLevel: fc.constantFrom('on', 'off'),
    responseUsage: fc.constantFrom('on', 'off'),
    fastMode: fc.constantFrom(true, false, 'auto'),
    sendPolicy: fc.constantFrom('allow', 'allow', 'deny'),
    startDate: fc.constantFrom('2026-01-01', '2026-02-30', '0000-01-01', '9999-12-31'),
    endDate: fc.constantFrom('2026-01-01', '2026-12-31', '+10000-01-'),
    timeoutMs: fc.constantFrom(0, 1, 20, 60_000, Number.MAX_SAFE_INTEGER),
    timeout: fc.constantFrom(0, 1, 60, 31_536_000),
  };
}

const deviceParams = {
  client: { id: 'cli', mode: 'cli', platform: 'linux' },
  role: 'operator',
  scopes: ['operator.read', 'operator.write', 'operator.pairing'],
  auth: { token: TOKEN },
};

const nodeParams = {
  client: { id: 'node-host', mode: 'node', platform: 'linux' },
  role: 'node',
  scopes: [],
  auth: { token: TOKEN },
  commands: ['system.run'],
};

function lanesOf({ wsUrl }: TestGateway, [first, second, third]: readonly TestDevice[]): Lane[] {
  // Nobody answers what nodes are asked here.
  const mayWait = new Set([
    'agent.wait',
    'node.invoke',
    'exec.approval.request',
    'exec.approval.waitDecision',
  ]);
  /** Too many calls out of its role. */
  const wasLost = ({ reason }: Close): boolean => reason === 'repeated unauthorized calls';
  const withScopes = (...granted: string[]) => ({ params: connectParams({ scopes: granted }) });
  const operator = (name: string, ...granted: string[]): Lane =>
    createLane(name, {
      connect: () => connectControl(wsUrl, withScopes(...granted)),
      mayClose: wasLost,
      mayWait,
    });
  const device = (name: string, identity: TestDevice | undefined, params: DeviceParams): Lane =>
    createLane(name, {
      connect: () => connectDevice(wsUrl, identity ?? createDevice(), params),
      // Removed by another, or its token changed.
      mayClose: (close) => close.code === 4001 || wasLost(close),
      mayWait,
    });
  return [
    operator('admin', 'operator.admin'),
    operator('another admin', 'operator.admin'),
    operator('third admin', 'operator.admin'),
    operator('reader', 'operator.read'),
    operator('writer', 'operator.write'),
    operator('nobody'),
    device('device', first, deviceParams),
    device('another device', third, deviceParams),
    device('node', second, nodeParams),
  ];
}

/** All that can be read of it, each part agreeing with the others. */
async function wholeStore(client: ControlClient, runIds: readonly string[]): Promise<object> {
  // Turns that nobody waited for.
  await waitFor('the end of all runs', async () => {
    const active = await answer(client, 'sessions.list', {
      archived: 'all',
      activeOnly: true,
      includeUnknown: true,
    });
    return active.totalCount === 0;
  });
  const all = { archived: 'all', limit: 500, includeUnknown: true };
  const sessions = await everyPage<{ key: string }>(client, 'sessions.list', 'sessions', all);
  const keys = sessions.map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
  const transcripts: unknown[] = [];
  for (const key of keys) {
    const { session } = await answer(client, 'sessions.describe', { key });
    expect(session).toMatchObject({ key, hasActiveRun: false });
    const history = await answer(client, 'chat.history', { sessionKey: key, limit: 1_000 });
    expect(history.sessionKey).toBe(key);
    transcripts.push(history.messages);
  }
  const ends: Frame['payload'][] = [];
  for (const runId of runIds) {
    const end = await answer(client, 'agent.wait', { runId, timeoutMs: 0 });
    expect(end).toHaveProperty('endedAt');
    ends.push(end);
  }
  const devices = await answer(client, 'device.pair.list', {});
  const usage = await answer(client, 'usage.cost', {});
  return { sessions, transcripts, ends, devices, totals: usage.totals };
}

async function everyPage<T>(client: ControlClient, method: string, of: string, params: object): Promise<T[]> {
  const rows: T[] = [];
  for (let offset = 0; ;) {
    const page = await answer(client, method, { ...params, offset });
    rows.push(...(page[of] as T[]));
    if (page.hasMore !== true) return rows;
    offset = Number(page.nextOffset);
  }
}
