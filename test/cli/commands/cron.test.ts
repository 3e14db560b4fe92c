/** `pllan cron` against a server that answers from a table: what is asked, and what is said. */
import { describe, expect, test } from 'vitest';
import { cli, environmentWith } from '../support/cli.js';
import type { WebSocket } from 'ws';
import { refuse, send, startFakeGateway, type Request } from '../support/fake-gateway.js';

const job = {
  id: 'j-1',
  name: 'Night report',
  enabled: true,
  schedule: { kind: 'cron', expr: '0 4 * * *', tz: 'Europe/Vienna' },
  sessionTarget: 'isolated',
  agentId: 'ops',
  state: {
    nextRunAtMs: 4_000_000_000_000,
    lastRunAtMs: 1_000,
    lastStatus: 'error',
    lastError: 'no\u001B[2J way',
  },
};

/** Runs it, and gives what was said and what was asked. */
async function run(words: readonly string[], answers: object = {}) {
  const { port, requests } = await startFakeGateway({ answers: { ...answers } });
  const ran = await cli([...words], { env: environmentWith({ gateway: { port } }) });
  return { ...ran, asked: requests.slice(1).map(({ method, params }) => ({ method, params })) };
}

describe('a list', () => {
  test('is a block for each job', async () => {
    const jobs = [job, { ...job, id: 'j-2', name: 'Off', enabled: false, agentId: undefined, state: {} }];
    const { stdout, asked } = await run(['cron', 'list', '--all', '--agent', 'ops', '--limit', '2'], {
      'cron.list': { jobs, total: 5 },
    });
    expect(asked).toEqual([
      { method: 'cron.list', params: { includeDisabled: true, agentId: 'ops', limit: 2 } },
    ]);
    const [first, second] = stdout.split('\n\n');
    expect(first).toMatch(/^Night report\n {2}Id: j-1\n {2}Schedule: 0 4 \* \* \* \(Europe\/Vienna\)\n/);
    expect(first).toMatch(/\n {2}Next: 2096-10-02 07:06:40Z \(in \d+d\)\n {2}Last: 1970-01-01 00:00:01Z/);
    expect(first).toContain('  Error: no [2J way');
    expect(second).toMatch(/^Off \(disabled\)\n[^]*Next: -\n {2}Last: never/);
    expect(stdout).toContain('… and 3 more: --limit');
  });

  test('of nothing says so', async () => {
    const none = { 'cron.list': { jobs: [] } };
    expect((await run(['cron', 'list', '--all'], none)).stdout).toBe('No cron jobs.\n');
    const enabled = await run(['cron', 'list'], none);
    expect(enabled.stdout).toBe('No cron jobs; --all shows those that are disabled.\n');
  });

  test('says intervals whole', async () => {
    const every = (everyMs: number) => ({ ...job, schedule: { kind: 'every', everyMs } });
    const jobs = [1, 5_000, 90_000, 5_400_000, 7_200_000].map(every);
    const { stdout } = await run(['cron', 'list'], { 'cron.list': { jobs } });
    expect([...stdout.matchAll(/Schedule: (.*)/g)].map(([, schedule]) => schedule)).toEqual([
      'every 1ms',
      'every 5s',
      'every 90s',
      'every 90m',
      'every 2h',
    ]);
  });

  test('is JSON where that is asked for', async () => {
    const { stdout } = await run(['cron', 'list', '--json'], { 'cron.list': { jobs: [job] } });
    expect(JSON.parse(stdout)).toEqual({ jobs: [job] });
  });
});

test.each([
  [
    ['status'],
    'cron.status',
    {},
    { enabled: false, jobs: 2, nextWakeAtMs: null },
    /^Cron: off; jobs do not run by themselves\nJobs: 2\nNext: -\n$/,
  ],
  [['rm', 'j-1'], 'cron.remove', { id: 'j-1' }, { ok: true }, /^Deleted\.\n$/],
  [['run', 'j-1'], 'cron.run', { id: 'j-1' }, { enqueued: true, runId: 'r' }, /^Started: run r\.\n$/],
  [
    ['run', 'j-1', '--due'],
    'cron.run',
    { id: 'j-1', mode: 'due' },
    { ran: false, reason: 'not-due' },
    /^Not started: not-due\.\n$/,
  ],
  [
    ['enable', 'j-1'],
    'cron.update',
    { id: 'j-1', patch: { enabled: true } },
    job,
    /^Enabled Night report \(j-1\)\.\n$/,
  ],
  [
    ['disable', 'j-1'],
    'cron.update',
    { id: 'j-1', patch: { enabled: false } },
    job,
    /^Disabled Night report/,
  ],
  [
    ['edit', 'j-1', '--name', 'Day', '--every', '2h'],
    'cron.update',
    { id: 'j-1', patch: { name: 'Day', schedule: { kind: 'every', everyMs: 7_200_000 } } },
    job,
    /^Changed Night report/,
  ],
  [['runs'], 'cron.runs', { scope: 'all' }, { entries: [] }, /^No runs\.\n$/],
  [
    ['runs', '--id', 'j-1', '--limit', '20', '--status', 'error'],
    'cron.runs',
    { id: 'j-1', limit: 20, status: 'error' },
    {
      entries: [
        { ts: 1_000, jobId: 'j-1', status: 'error', durationMs: 61_000, error: 'no', sessionKey: 'k' },
        { ts: 1_000, jobId: 'j-1', jobName: 'Night report', status: 'ok' },
      ],
    },
    /^1970-01-01 00:00:01Z \(\d+d ago\) {2}error, took 1m {2}j-1\n {2}Error: no\n {2}Session: k\n1970.* {2}ok {2}Night report \(j-1\)\n$/,
  ],
] as const)('cron %j', async (words, method, params, answer, said) => {
  const { exitCode, stdout, asked } = await run(['cron', ...words], { [method]: answer });
  expect(asked).toEqual([{ method, params }]);
  expect([exitCode, stdout]).toEqual([0, expect.stringMatching(said)]);
});

describe('a new job', () => {
  test.each([
    [
      [
        '--cron',
        '0 4 * * *',
        '--tz',
        'UTC',
        '--stagger',
        '5m',
        '--message',
        'Report',
        '--model',
        'p/m',
        '--fallback',
        'p/a',
        '--fallback',
        'p/b',
        '--tools',
        'read,web_*',
        '--timeout-seconds',
        '0',
      ],
      {
        schedule: { kind: 'cron', expr: '0 4 * * *', tz: 'UTC', staggerMs: 300_000 },
        sessionTarget: 'isolated',
        payload: {
          kind: 'agentTurn',
          message: 'Report',
          model: 'p/m',
          fallbacks: ['p/a', 'p/b'],
          timeoutSeconds: 0,
          toolsAllow: ['read', 'web_*'],
        },
      },
    ],
    [
      [
        '--at',
        '2030-01-01T00:00',
        '--system-event',
        'Happy new year',
        '--wake',
        'next-heartbeat',
        '--delete-after-run',
        '--disabled',
      ],
      {
        schedule: { kind: 'at', at: '2030-01-01T00:00' },
        sessionTarget: 'main',
        payload: { kind: 'systemEvent', text: 'Happy new year' },
        wakeMode: 'next-heartbeat',
        deleteAfterRun: true,
        enabled: false,
      },
    ],
    [
      [
        '--every',
        '30m',
        '--message',
        'x',
        '--session',
        'session:notes',
        '--webhook',
        'https://h/x',
        '--best-effort',
      ],
      {
        schedule: { kind: 'every', everyMs: 1_800_000 },
        sessionTarget: 'session:notes',
        payload: { kind: 'agentTurn', message: 'x' },
        delivery: { mode: 'webhook', to: 'https://h/x', bestEffort: true },
      },
    ],
    [
      [
        '--every',
        '1d',
        '--message',
        'x',
        '--announce',
        '--channel',
        'telegram',
        '--to',
        '7',
        '--account',
        'a',
      ],
      {
        schedule: { kind: 'every', everyMs: 86_400_000 },
        sessionTarget: 'isolated',
        payload: { kind: 'agentTurn', message: 'x' },
        delivery: { mode: 'announce', channel: 'telegram', to: '7', accountId: 'a' },
      },
    ],
  ])('of %j', async (words, fields) => {
    const { exitCode, stdout, asked } = await run(['cron', 'add', '--name', 'n', ...words], {
      'cron.add': job,
    });
    expect([exitCode, stdout]).toEqual([0, 'Added Night report (j-1).\n']);
    expect(asked).toEqual([{ method: 'cron.add', params: { name: 'n', wakeMode: 'now', ...fields } }]);
  });

  test('in a while', async () => {
    const { asked } = await run(['cron', 'add', '--name', 'n', '--at', '20m', '--message', 'x'], {
      'cron.add': job,
    });
    const [{ params }] = asked as unknown as [{ params: { schedule: { at: string } } }];
    expect(Math.abs(Date.parse(params.schedule.at) - Date.now() - 20 * 60_000)).toBeLessThan(60_000);
  });

  test.each([
    [['--at', '5m', '--message', 'x'], 'What is it called? Pass --name.'],
    [['--name', 'n', '--message', 'x'], 'When? Pass --at, --every or --cron.'],
    [['--name', 'n', '--at', '5m'], 'What is to be done? Pass --message or --system-event.'],
    [
      ['--name', 'n', '--at', '5m', '--every', '5m', '--message', 'x'],
      'Use one of --at, --every and --cron.',
    ],
    [
      ['--name', 'n', '--at', '5m', '--message', 'x', '--system-event', 'y'],
      'Use either --message or --system-event.',
    ],
    [
      ['--name', 'n', '--every', 'often', '--message', 'x'],
      'Invalid --every (use a time such as "30m", "12h" or "90s")',
    ],
    [
      ['--name', 'n', '--at', '5m', '--message', 'x', '--announce', '--no-deliver'],
      'Use one of --announce, --webhook and --no-deliver.',
    ],
    [
      ['--name', 'n', '--at', '5m', '--message', 'x', '--thinking', 'much'],
      'Invalid --thinking (use "off", "minimal", "low", "medium", "high", "xhigh", or "adaptive")',
    ],
    [
      ['--name', 'n', '--at', '5m', '--message', 'x', '--timeout-seconds', '1.5'],
      'Invalid --timeout-seconds (use a number of seconds, 0 for none)',
    ],
  ])('of %j is refused', async (words, message) => {
    const { exitCode, stderr, asked } = await run(['cron', 'add', ...words]);
    expect([exitCode, stderr, asked]).toEqual([1, `${message}\n`, []]);
  });
});

test('an edit of nothing is refused', async () => {
  const { exitCode, stderr } = await run(['cron', 'edit', 'j-1']);
  expect([exitCode, stderr]).toEqual([1, 'Nothing to change: name what is to be another.\n']);
});

describe('a job that is named', () => {
  const jobs = [job, { ...job, id: 'j-2', name: 'Night reports' }, { ...job, id: 'j-3', name: 'twice' }];
  const twice = { ...job, id: 'j-4', name: 'twice' };
  const known = [...jobs, twice];
  /** A gateway that knows jobs by their ids. */
  const answers = {
    'cron.run': (socket: WebSocket, request: Request) => {
      const { id } = request.params;
      if (known.some((one) => one.id === id))
        send(socket, { type: 'res', id: request.id, ok: true, payload: { enqueued: true, runId: 'r' } });
      else refuse(socket, request, `cron job not found: ${String(id)}`, { code: 'CRON_JOB_NOT_FOUND' });
    },
    'cron.list': (socket: WebSocket, { id, params: { offset } }: Request) => {
      const page = offset === 0 ? { jobs, nextOffset: 3 } : { jobs: [twice], nextOffset: null };
      send(socket, { type: 'res', id, ok: true, payload: page });
    },
  };

  test('by a name that no other has is meant', async () => {
    const { exitCode, stdout, asked } = await run(['cron', 'run', 'Night report', '--due'], answers);
    expect([exitCode, stdout]).toEqual([0, 'Started: run r.\n']);
    const list = { query: 'Night report', includeDisabled: true, limit: 200 };
    expect(asked).toEqual([
      { method: 'cron.run', params: { id: 'Night report', mode: 'due' } },
      { method: 'cron.list', params: { ...list, offset: 0 } },
      { method: 'cron.list', params: { ...list, offset: 3 } },
      { method: 'cron.run', params: { id: 'j-1', mode: 'due' } },
    ]);
  });

  test('by a name that several have is an error that names their ids', async () => {
    const { exitCode, stderr } = await run(['cron', 'run', 'twice'], answers);
    expect([exitCode, stderr]).toEqual([1, '2 jobs are called twice: name one by its id.\nj-3\nj-4\n']);
  });

  test('by a name that several have: their ids are in the JSON as well', async () => {
    const { stdout } = await run(['cron', 'run', 'twice', '--json'], answers);
    expect(JSON.parse(stdout)).toMatchObject({ error: { details: { jobIds: ['j-3', 'j-4'] } } });
  });

  test('by a name that none has is an error', async () => {
    const { exitCode, stderr } = await run(['cron', 'run', 'Night'], answers);
    expect([exitCode, stderr]).toEqual([
      1,
      'cron job not found: Night\nSee which there are: pllan cron list --all\n',
    ]);
  });
});

test('what the gateway refuses is said', async () => {
  const { exitCode, stdout } = await run(['cron', 'rm', 'gone']);
  expect([exitCode, stdout]).toEqual([1, '']);
});
