import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/cli/command.js';
import { commands } from '../../src/cli/commands.js';
import { VERSION } from '../../src/shared/version.js';
import { cli, environmentWith } from './support/cli.js';

describe('version and help', () => {
  test.each([[['--version']], [['-V']], [['gateway', '--version', '--port', 'x']]])(
    '%j prints the version only',
    async (argv) => {
      expect(await cli(argv)).toMatchObject({ exitCode: 0, stdout: `${VERSION}\n`, stderr: '' });
    },
  );

  test.each([[['--help']], [['-h']], [['help']], [[]]])('%j lists the commands', async (argv) => {
    const { exitCode, stdout, stderr } = await cli(argv);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Usage\n {2}pllan <command> \[options\]\n/);
    for (const word of ['-V, --version', '--profile <value>', '--log-level <value>', '--dev', '--no-color'])
      expect(stdout).toContain(`  ${word} `);
    // Every command, those of a group beside each other.
    const listed = stdout.split('\nCommands\n')[1]?.split('\n\n')[0]?.split('\n') ?? [];
    const shown = listed.map((line) => line.slice(2).split(/ {2,}|[ ][<[]/)[0]);
    expect(new Set(shown)).toEqual(new Set(commands.map(({ name }) => name)));
    expect(shown).toHaveLength(commands.length);
    const groups = shown.map((name) => name?.split(' ')[0]);
    expect(groups.filter((group, at) => group !== groups[at - 1])).toEqual([...new Set(groups)]);
  });

  test.each(commands.map(({ name }) => [name]))('%s --help names its options and arguments', async (name) => {
    const { exitCode, stdout } = await cli([...name.split(' '), '--help']);
    expect(exitCode).toBe(0);
    const { about, options, args = [] } = commands.find((command) => command.name === name) as Command;
    expect(stdout.split('\n')[0]).toBe(about);
    for (const option of options) expect(stdout).toMatch(new RegExp(`--${option.name}(?: <value>…?)? {2}`));
    for (const arg of args) expect(stdout).toMatch(new RegExp(`pllan ${name}.*[<[]${arg.name}[>\\]]`));
  });

  test('of a command that others begin with, they are listed too', async () => {
    const { stdout } = await cli(['gateway', '--help']);
    expect(stdout).toMatch(/\nCommands\n(?: {2}gateway .*\n)* {2}gateway status /);
    expect((await cli(['agent', '--help'])).stdout).toContain('  -m, --message <value> ');
  });

  test.each([[['gateway', 'status', '--help']], [['help', 'gateway', 'status']]])(
    '%j shows the options of the command',
    async (argv) => {
      const { stdout } = await cli(argv);
      expect(stdout).toContain('\n  pllan gateway status [options]\n');
      expect(stdout).toContain('--require-rpc');
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
