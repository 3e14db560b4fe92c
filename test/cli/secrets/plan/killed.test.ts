import { spawn } from 'node:child_process';
import { chmodSync, existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { makeStartPlan } from '../../../../src/primary/config/start-plan.js';
import { writeConfig } from '../../../../src/shared/config/write/write-config.js';
import type { GatewayOptions } from '../../../../src/shared/gateway-options.js';
import { entry } from '../../../support/entry-process.js';
import { within } from '../../../support/wait-for.js';
import { cli } from '../../support/cli.js';
import { installation, keyTarget, planOf, profileTarget, SECRET, type Installation } from './support.js';
import { inFull } from '../../../support/in-full.js';

const preload = fileURLToPath(new URL('../../../support/killed-at-call.mjs', import.meta.url));
const plan = {
  ...planOf(keyTarget(), profileTarget(), { ...profileTarget(), agentId: 'new' }),
  providerUpserts: { e: { source: 'env' } },
};

/** Five files change; one of them is new. */
function prepared(): Installation {
  const made = installation(
    {
      gateway: { mode: 'local' },
      models: { providers: { openai: { baseUrl: 'http://127.0.0.1:1', apiKey: SECRET } } },
    },
    { OPENAI_API_KEY: SECRET },
  );
  made.write('.env', `# mine\nOLD_TOKEN=${SECRET}\n`);
  made.write('agents/main/agent/auth-profiles.json', {
    version: 1,
    profiles: { 'openai:default': { type: 'api_key', provider: 'openai', key: SECRET } },
  });
  made.write('agents/main/agent/auth.json', { openai: { type: 'api_key', key: SECRET } });
  return made;
}

interface Run {
  readonly killed: boolean;
  readonly exitCode: number | null;
  readonly said: string;
}

/** A real process that may be killed on its way. */
async function run({ env, path }: Installation, args: readonly string[], killAt: number): Promise<Run> {
  const child = spawn(process.execPath, ['--import', preload, entry, ...args], {
    env: { ...env, TEST_KILL_AT: String(killAt), TEST_KILL_COUNT: path('plans', 'count') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise<Run>((resolve) =>
    child.once('close', (exitCode, signal) => resolve({ killed: signal === 'SIGKILL', exitCode, said })),
  );
  return within('the end of the command', ended, 30_000);
}

/** How many calls a command makes that nobody kills. */
async function callsOf(made: Installation, args: readonly string[]): Promise<number> {
  expect(await run(made, args, 0)).toMatchObject({ killed: false, exitCode: 0 });
  return Number(made.read('plans/count'));
}

function applying(made: Installation): readonly string[] {
  return ['secrets', 'apply', '--from', made.write('plans/plan.json', plan)];
}

/** But for a lock that nobody holds any more, which holds no secret: the next writer takes it away. */
function stateOf({ files, path }: Installation): Record<string, string> {
  const isLock = (name: string): boolean => /^pllan\.json\.lock(?:\..*)?$/.test(name);
  const state = Object.entries(files()).filter(([name]) => !isLock(name));
  return Object.fromEntries(state.map(([name, text]) => [name, text.replaceAll(path(), '<state>')]));
}

const next = ({ env }: Installation) => cli(['config', 'file'], { env });

const COMPLETED = 'A change of secrets that was interrupted has been completed.\n';

/** In the middle of the files, one of them half written. */
async function interrupted(calls: number, made = prepared()): Promise<Installation> {
  await run(made, applying(made), Math.round(calls / 2));
  expect(existsSync(made.path('pllan.json.journal'))).toBe(true);
  expect(statSync(made.path('pllan.json.journal')).mode & 0o777).toBe(0o600);
  return made;
}

describe('secrets apply that is killed', () => {
  let whole: { readonly done: Record<string, string>; readonly calls: number } | undefined;
  /** What it comes to when nobody kills it. */
  const applied = async () => {
    if (whole) return whole;
    const made = prepared();
    const calls = await callsOf(made, applying(made));
    whole = { calls, done: stateOf(made) };
    return whole;
  };

  it('at any point leaves all files as they were or as they should be, once another command has run', async () => {
    const { done, calls } = await applied();
    const old = stateOf(prepared());
    expect(JSON.stringify(done)).not.toContain(SECRET);
    expect(Object.keys(done)).toHaveLength(5);
    const outcomes: string[] = [];
    const killAt = async (call: number): Promise<void> => {
      const made = prepared();
      expect(await run(made, applying(made), call)).toMatchObject({ killed: true });
      const { exitCode } = await next(made);
      const state = stateOf(made);
      const outcome = JSON.stringify(state) === JSON.stringify(done) ? 'new' : 'old';
      expect({ call, exitCode, state }).toEqual({ call, exitCode: 0, state: outcome === 'new' ? done : old });
      outcomes[call] = outcome;
    };
    const step = inFull ? 1 : 4;
    const points = Array.from({ length: calls }, (_, index) => index + 1)
      .filter((call) => call % step === calls % step)
      .values();
    const worker = async (): Promise<void> => {
      for (const call of points) await killAt(call);
    };
    await Promise.all([worker(), worker(), worker()]);
    // Once the journal is there, there is no way back.
    const turn = outcomes.indexOf('new');
    expect(turn).toBeGreaterThan(0);
    expect(outcomes.slice(0, turn)).toContain('old');
    expect(outcomes.slice(turn)).not.toContain('old');
  }, 180_000);

  it('is completed also when who completes it is killed', async () => {
    const { done, calls } = await applied();
    const first = await interrupted(calls);
    const rest = await callsOf(first, ['config', 'file']);
    expect(stateOf(first)).toEqual(done);
    for (let call = 1; call <= rest; call += 6) {
      const { done, calls } = await applied();
      const made = await interrupted(calls);
      expect(await run(made, ['config', 'file'], call)).toMatchObject({ killed: true });
      expect((await next(made)).exitCode).toBe(0);
      expect(stateOf(made)).toEqual(done);
    }
  });

  it('is completed by a gateway before it reads anything', async () => {
    const { done, calls } = await applied();
    const made = await interrupted(calls);
    const { gateway, stderr } = await cli(['gateway'], { env: made.env });
    expect(gateway).toBeDefined();
    expect(stderr).toBe(COMPLETED);
    expect(stateOf(made)).toEqual(done);
  });

  it('is completed by a gateway that starts anew in its process', async () => {
    const { done, calls } = await applied();
    const made = prepared();
    const { gateway } = await cli(['gateway'], { env: made.env });
    await interrupted(calls, made);
    const { secrets } = await makeStartPlan(gateway as GatewayOptions, new AbortController().signal);
    expect(secrets.refs.map(({ path }) => path)).toContain('models.providers.openai.apiKey');
    expect(stateOf(made)).toEqual(done);
  });

  it('is completed by whoever writes the config next, whose change comes on top', async () => {
    const { done, calls } = await applied();
    const made = await interrupted(calls);
    const change = { kind: 'edits', edits: [{ path: ['gateway', 'port'], value: 12345 }] } as const;
    const { env, path } = made;
    await writeConfig({ path: path('pllan.json'), logDir: path('logs'), env, imported: {}, change });
    expect(made.read('pllan.json')).toContain('12345');
    expect(made.read('pllan.json')).toContain('OPENAI_API_KEY');
    const { 'pllan.json': _config, 'pllan.json.bak': _former, ...others } = stateOf(made);
    const { 'pllan.json': _old, ...rest } = done;
    expect(others).toEqual(rest);
  });

  it('leaves a file alone that somebody has changed since', async () => {
    const { done, calls } = await applied();
    const made = await interrupted(calls);
    made.write('.env', 'MINE=1\n');
    const { stderr } = await next(made);
    expect(stderr).toBe(
      `${COMPLETED}${made.path('.env')} has been changed since and stays as it is; apply the plan again.\n`,
    );
    expect(stateOf(made)).toEqual({ ...done, '.env': 'MINE=1\n' });
  });

  it('holds up every command while it cannot be completed, and says why', async () => {
    const { done, calls } = await applied();
    const made = await interrupted(calls);
    const folder = made.path('agents', 'new');
    rmSync(folder, { recursive: true, force: true });
    writeFileSync(folder, 'no folder');
    const { exitCode, stdout, stderr } = await next(made);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^A change of secrets was interrupted and cannot be completed: .*agents\/new/);
    rmSync(folder);
    expect((await next(made)).stderr).toBe(COMPLETED);
    expect(stateOf(made)).toEqual(done);
  });

  it('counts for nothing when the journal is not ours', async () => {
    const { calls } = await applied();
    const made = await interrupted(calls);
    chmodSync(made.path('pllan.json.journal'), 0o644);
    const before = stateOf(made);
    expect((await next(made)).stderr).toBe('');
    expect(stateOf(made)).toEqual(before);
  });
});
