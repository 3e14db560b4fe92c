import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../src/cli/command-line.js';
import { commands } from '../../src/cli/commands.js';
import type { Command } from '../../src/cli/command.js';
import type { UserError } from '../../src/cli/user-error.js';

const load = () => Promise.reject(new Error('not to be run'));
const things: readonly Command[] = [
  { name: 'things show', about: 'Show', options: [], load },
  {
    name: 'things put',
    about: 'Put',
    args: [
      { name: 'id', required: true },
      { name: 'label', required: false },
    ],
    options: [
      { name: 'tag', kind: 'list', about: 'Tag' },
      { name: 'force', kind: 'flag', about: 'Force' },
    ],
    load,
  },
];

const parse = (...words: string[]) => parseCommandLine(words, [...commands, ...things]);

function problemOf(...words: string[]): string {
  try {
    parse(...words);
  } catch (caught) {
    const error = caught as UserError;
    return [error.message, ...error.details].join(' ');
  }
  throw new Error('nothing was wrong');
}

describe('finding the command', () => {
  test.each([
    [['gateway'], 'gateway'],
    [['gateway', '--port', '1'], 'gateway'],
    [['gateway', 'run', '--force'], 'gateway run'],
    [['gateway', 'status', '--json'], 'gateway status'],
    [['health'], 'health'],
  ])('%j calls %s', (words, name) => {
    expect(parse(...words).command.name).toBe(name);
  });

  test.each([
    [['gatway'], "error: unknown command 'gatway' (Did you mean gateway?)"],
    [['gateway', 'stats'], "error: unknown command 'gateway stats' (Did you mean gateway status?)"],
    [['frobnicate'], "error: unknown command 'frobnicate' Commands: pllan --help"],
    [
      ['gateway', '--force', 'status'],
      "error: unexpected argument 'status' for 'pllan gateway' What it takes: pllan gateway --help",
    ],
    [['gateway', '--force=1', 'status'], "error: option '--force' takes no value"],
    [
      ['health', 'now'],
      "error: unexpected argument 'now' for 'pllan health' What it takes: pllan health --help",
    ],
    [['--json', 'health'], "error: unknown option '--json'"],
    [['things'], "error: 'pllan things' needs a command Commands: show, put"],
    [['things', 'shw', 'x'], "error: unknown command 'things shw' (Did you mean things show?)"],
    [
      ['system', 'heartbeat'],
      "error: 'pllan system heartbeat' needs a command Commands: last, enable, disable",
    ],
    [
      ['system', 'heartbaet', 'last'],
      "error: unknown command 'system heartbaet' (Did you mean system heartbeat?)",
    ],
    [
      ['system', 'heartbeat', 'off'],
      "error: unknown command 'system heartbeat off' Commands: pllan system heartbeat --help",
    ],
    [['health', '--wonder'], "error: unknown option '--wonder' What it takes: pllan health --help"],
    [['things', 'put'], "error: 'pllan things put' needs <id>"],
    [['things', 'put', ''], "error: 'pllan things put' needs <id>"],
    [
      ['things', 'put', 'a', 'b', 'c'],
      "error: unexpected argument 'c' for 'pllan things put' What it takes: pllan things put --help",
    ],
  ])('%j is refused', (words, message) => {
    expect(problemOf(...words)).toBe(message);
  });
});

describe('words after the command', () => {
  const read = (...words: string[]) => {
    const { options } = parse('things', 'put', ...words);
    return [options.arg('id'), options.arg('label'), options.list('tag'), options.flag('force')];
  };

  test('are taken in order, before, between and after options', () => {
    expect(read('a')).toEqual(['a', undefined, [], false]);
    expect(read('a', 'two words')).toEqual(['a', 'two words', [], false]);
    expect(read('--force', 'true', '--tag', 't', '01')).toEqual(['true', '01', ['t'], true]);
  });

  test('may be the name of another command', () => {
    expect(read('put', 'show')).toEqual(['put', 'show', [], false]);
    expect(parse('things', 'put', 'health').options.requiredArg('id')).toBe('health');
  });

  test('of a list every value counts', () => {
    expect(read('a', '--tag', 'x', '--tag=y, z', '--tag=')[2]).toEqual(['x', 'y', 'z']);
    expect(read('a', '--tag', '01')[2]).toEqual(['01']);
  });
});

describe('options', () => {
  test.each(['0123', '1e5', '0x10', 'true', 'false', ' spaced ', 'a=b', '٣', 'gateway', 'undefined', ''])(
    'the token %j stays the string that it is',
    (value) => {
      expect(parse('gateway', '--token', value, '--force').options.text('token')).toBe(value);
      expect(parse('gateway', '--force', `--password=${value}`).options.text('password')).toBe(value);
    },
  );

  test('a value that begins with a dash is taken after an equals sign', () => {
    expect(parse('gateway', '--token=-abc').options.text('token')).toBe('-abc');
  });

  test('a value that begins with a dash is never shown', () => {
    const message = problemOf('gateway', '--token', '-s3cret');
    expect(message).toBe(
      'error: option \'--token\' needs a value (write --token=<value> when it begins with "-")',
    );
  });

  test('an unknown option is named without its value', () => {
    expect(problemOf('gateway', '--tokn=s3cret')).toBe(
      "error: unknown option '--tokn' (Did you mean --token?)",
    );
  });

  test('options of one command are not those of another', () => {
    expect(problemOf('health', '--port', '1')).toMatch(/^error: unknown option '--port' What it takes/);
  });

  test('of a repeated option the last one counts', () => {
    expect(parse('gateway', '--token', 'a', '--token=b').options.text('token')).toBe('b');
  });

  test('an option at the end without its value is refused', () => {
    expect(problemOf('gateway', '--port')).toBe("error: option '--port' needs a value");
  });

  test('what was not given is undefined or false', () => {
    const { options } = parse('gateway', 'status');
    expect(options.text('token')).toBeUndefined();
    expect(options.flag('json')).toBe(false);
    expect(options.flag('no-probe')).toBe(false);
  });

  test('flags that were given are true, negative ones too', () => {
    const { options } = parse('gateway', 'status', '--json', '--no-probe');
    expect(options.flag('json')).toBe(true);
    expect(options.flag('no-probe')).toBe(true);
  });
});
