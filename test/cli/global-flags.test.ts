import { describe, expect, test } from 'vitest';
import { takeGlobalFlags } from '../../src/cli/global-flags.js';

describe('global flags', () => {
  test('are taken out wherever they stand, and the rest keeps its order', () => {
    const { flags, rest } = takeGlobalFlags([
      '--profile',
      'work',
      'gateway',
      '--no-color',
      'status',
      '--log-level=debug',
      '--json',
    ]);
    expect(flags).toMatchObject({ profile: 'work', color: false, logLevel: 'debug', dev: false });
    expect(rest).toEqual(['gateway', 'status', '--json']);
  });

  test.each([
    ['before the command', ['--dev', 'gateway'], { dev: true, gatewayDev: false }],
    ['after the word gateway', ['gateway', '--dev'], { dev: true, gatewayDev: true }],
    ['between gateway and run', ['gateway', '--dev', 'run'], { dev: true, gatewayDev: true }],
    ['after run', ['gateway', 'run', '--port', '1', '--dev'], { dev: true, gatewayDev: true }],
    ['in both places', ['--dev', 'gateway', '--dev'], { dev: true, gatewayDev: true }],
    ['after another command', ['health', '--dev'], { dev: true, gatewayDev: false }],
  ])('--dev %s', (_where, argv, expected) => {
    expect(takeGlobalFlags(argv).flags).toMatchObject(expected);
  });

  test('--dev as the value of --profile is a missing value', () => {
    expect(() => takeGlobalFlags(['--profile', '--dev'])).toThrow('--profile requires a value');
  });

  test.each([['--profile'], ['--profile='], ['--log-level']])('%s without a value is refused', (argument) => {
    expect(() => takeGlobalFlags(['health', argument])).toThrow('requires a value');
  });

  test('a value of an option that only looks like a global flag stays where it is', () => {
    expect(takeGlobalFlags(['gateway', '--token=--dev']).rest).toEqual(['gateway', '--token=--dev']);
  });

  test.each([
    ['-h', 'help'],
    ['--help', 'help'],
    ['-V', 'version'],
    ['--version', 'version'],
  ] as const)('%s asks for %s', (flag, name) => {
    expect(takeGlobalFlags(['gateway', flag]).flags[name]).toBe(true);
  });

  test('a word that every object knows is no flag', () => {
    expect(takeGlobalFlags(['config', 'get', 'toString']).rest).toEqual(['config', 'get', 'toString']);
  });

  test('nothing after -- is a global flag', () => {
    expect(takeGlobalFlags(['health', '--', '--dev'])).toMatchObject({
      flags: { dev: false },
      rest: ['health', '--', '--dev'],
    });
  });
});
