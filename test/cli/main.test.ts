import { afterEach, describe, expect, test, vi } from 'vitest';
import { VERSION } from '../../src/shared/version.js';
import { cli, environmentWith } from './support/cli.js';

afterEach(() => void vi.restoreAllMocks());

/** sade writes help to the console itself. */
function catchHelp(): () => string {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  return () => log.mock.calls.flat().join('\n');
}

describe('version and help', () => {
  test.each([[['--version']], [['-V']], [['gateway', '--version', '--port', 'x']]])(
    '%j prints the version only',
    async (argv) => {
      expect(await cli(argv)).toMatchObject({ exitCode: 0, stdout: `${VERSION}\n`, stderr: '' });
    },
  );

  test.each([[['--help']], [['-h']], [['help']], [[]]])('%j lists the commands', async (argv) => {
    const help = catchHelp();
    expect((await cli(argv)).exitCode).toBe(0);
    for (const word of ['gateway run', 'gateway status', 'health', '--profile', '--log-level'])
      expect(help()).toContain(word);
  });

  test.each([[['gateway', 'status', '--help']], [['help', 'gateway', 'status']]])(
    '%j shows the options of the command',
    async (argv) => {
      const help = catchHelp();
      await cli(argv);
      expect(help()).toContain('$ pllan gateway status');
      expect(help()).toContain('--require-rpc');
    },
  );

  test('help of an unknown command is an error', async () => {
    expect(await cli(['help', 'gatway'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('Did you mean gateway?'),
    });
  });
});

describe('errors', () => {
  test('an unknown command exits 1, says so on stderr and suggests one', async () => {
    expect(await cli(['helth'])).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: "error: unknown command 'helth'\n(Did you mean health?)\n",
    });
  });

  test.each([
    [['--profile', 'work'], 'pllan --profile work health --help'],
    [['--dev'], 'pllan --dev health --help'],
    [[], 'pllan health --help'],
  ])('commands to type are of the profile %j', async (flags, command) => {
    expect((await cli([...flags, 'health', 'now'])).stderr).toContain(`What it takes: ${command}\n`);
  });

  test('with --json an error is one JSON document on stdout, and text on stderr', async () => {
    const { exitCode, stdout, stderr } = await cli(['health', '--json', '--timeout', 'soon']);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      error: { message: 'Invalid --timeout (use a number of milliseconds)' },
    });
    expect(stderr).toBe('Invalid --timeout (use a number of milliseconds)\n');
  });

  test('a bad --log-level is refused for every command', async () => {
    expect((await cli(['health', '--log-level', 'loud'])).stderr).toContain('Invalid --log-level');
  });

  test('an unexpected failure shows its message, no stack, and exits 1', async () => {
    const run = await cli(['gateway'], { gatewayFailure: new Error('disk full') });
    expect(run).toMatchObject({ exitCode: 1, stdout: '', stderr: 'disk full\n' });
  });
});

describe('an invalid config', () => {
  const env = (): ReturnType<typeof environmentWith> => environmentWith({ gateway: { bogus: 1 } });

  test.each<readonly string[]>([
    ['agent', '-m', 'x', '--agent', 'main'],
    ['channels', 'list'],
    ['cron', 'list'],
    ['dashboard', '--no-open'],
    ['devices', 'list'],
    ['gateway', 'usage-cost'],
    ['pairing', 'list'],
    ['sessions'],
    ['setup'],
    ['system', 'presence'],
  ])('stops %s', async (...argv) => {
    expect(await cli(argv, { env: env() })).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: 'Config invalid\nFile: ~/pllan.json\n- gateway.bogus: unknown key\nRun: pllan doctor --fix\n',
    });
  });

  test.each<readonly string[]>([
    ['completion', 'bash'],
    ['config', 'file'],
    ['config', 'schema'],
    ['gateway', 'status', '--no-probe'],
    ['gateway', 'stop'],
    ['status'],
    ['logs'],
  ])('does not stop %s', async (...argv) => {
    expect((await cli(argv, { env: { ...env(), PLLAN_GATEWAY_PORT: '1' } })).exitCode).toBe(0);
  });

  test('programs get its issues', async () => {
    const { stdout } = await cli(['cron', 'list', '--json'], { env: env() });
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      error: {
        message: 'Config invalid',
        details: { issues: [{ path: 'gateway.bogus', message: 'unknown key' }] },
      },
    });
  });
});
