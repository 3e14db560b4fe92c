import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandProblem } from '../../../src/shared/secrets/file-safety.js';
import { isAlive, temporaryDir } from '../../support/gateway.js';
import { waitFor } from '../../support/wait-for.js';
import { resolve, secretCommand } from './support.js';

const SECRET = 'the-secret-of-the-command';
const GIVES = `answer({ it: ${JSON.stringify(SECRET)} });`;

/** What the value of the id `it` is, with more said of the provider. */
async function ask(
  command: string,
  more: object = {},
  env: Record<string, string> = {},
): Promise<string | undefined> {
  const providers = { vault: { source: 'exec', command, ...more } };
  return (await resolve({ it: { source: 'exec', provider: 'vault', id: 'it' } }, { providers, env })).it;
}

describe('what a command answers', () => {
  it.each([
    [GIVES, SECRET],
    [`answer({ it: 'x' }, { other: { code: 'NOT_FOUND' } });`, 'x'],
    [`answer({}, { it: { code: 'NOT_FOUND' } });`, 'NOT_FOUND: the command answered NOT_FOUND'],
    [
      `answer({}, { it: { code: 'AMBIGUOUS_DUPLICATE_KEY' } });`,
      'NOT_FOUND: the command answered AMBIGUOUS_DUPLICATE_KEY',
    ],
    [
      `answer({ it: '${SECRET}' }, { it: { code: '${SECRET}' } });`,
      'NOT_FOUND: the command answered with an error',
    ],
    [`answer({ other: 'x' });`, 'NOT_FOUND: the command gave no value'],
    [`answer({ it: 5 });`, 'INVALID_VALUE: the value is not a string'],
    [`answer({ it: '' });`, 'INVALID_VALUE: the value is empty'],
    [`answer();`, 'INVALID_OUTPUT: the command answered without values'],
    [`answer(['x']);`, 'INVALID_OUTPUT: the command answered without values'],
    [
      `print({ protocolVersion: 2, values: { it: 'x' } });`,
      'INVALID_OUTPUT: the command answered with another protocolVersion than 1',
    ],
    [`print(${JSON.stringify(SECRET)});`, 'INVALID_OUTPUT: the command printed no JSON object'],
    [`print('["x"]');`, 'INVALID_OUTPUT: the command printed no JSON object'],
    [`process.stdout.write(Buffer.from([255]));`, 'INVALID_OUTPUT: what the command printed is not UTF-8'],
    [`answer({ it: 'x' }); process.exitCode = 3;`, 'UNAVAILABLE: the command ended with exit code 3'],
    [`process.kill(process.pid, 'SIGTERM');`, 'UNAVAILABLE: the command ended with SIGTERM'],
    [`throw new Error(${JSON.stringify(SECRET)});`, 'UNAVAILABLE: the command ended with exit code 1'],
  ])('%s is %s', async (script, expected) => {
    expect(await ask(secretCommand(script))).toBe(expected);
  });

  it.each([
    [`print('${SECRET}\\n');`, SECRET],
    [`print('12345');`, '12345'],
    [GIVES, SECRET],
    [`print('{"key":1}');`, 'INVALID_OUTPUT: the command answered with another protocolVersion than 1'],
  ])('without jsonOnly %s is %s', async (script, expected) => {
    expect(await ask(secretCommand(script), { jsonOnly: false })).toBe(expected);
  });

  it('must be JSON for more than one id, whatever jsonOnly says', async () => {
    const providers = { vault: { source: 'exec', command: secretCommand(`print('x');`), jsonOnly: false } };
    const ref = (id: string) => ({ source: 'exec', provider: 'vault', id }) as const;
    expect(await resolve({ a: ref('a'), b: ref('b') }, { providers })).toEqual({
      a: 'INVALID_OUTPUT: the command printed no JSON object',
      b: 'INVALID_OUTPUT: the command printed no JSON object',
    });
  });
});

describe('a command', () => {
  it('sees the variables that it is given and no others, its arguments, and its own folder', async () => {
    const command = secretCommand(`
      const { A, B, C, D } = process.env;
      answer({ it: JSON.stringify([A, B, C, D, process.argv.slice(2), process.cwd() === __dirname]) });`);
    const more = { passEnv: ['A', 'C'], env: { C: 'own', D: '2' }, args: ['--profile', '$A; true'] };
    const seen = await ask(command, more, { A: '1', B: 'hidden', C: 'outer' });
    expect(JSON.parse(seen ?? '')).toEqual(['1', null, 'own', '2', ['--profile', '$A; true'], true]);
  });

  it('need not read what it is asked', async () => {
    const command = secretCommand('');
    // A shell that answers without looking.
    const { writeFileSync } = await import('node:fs');
    writeFileSync(command, `#!/bin/sh\nexec <&-\necho '{"protocolVersion":1,"values":{"it":"${SECRET}"}}'\n`);
    expect(await ask(command)).toBe(SECRET);
  });

  it.each([0o722, 0o702, 0o720])('must not be for others to change: mode %o', async (mode) => {
    expect(await ask(secretCommand(GIVES, mode))).toMatch(/^UNSAFE: others than its owner may change/);
  });

  it('must be executable', async () => {
    expect(await ask(secretCommand(GIVES, 0o600))).toBe('UNSAFE: the command is not executable');
  });

  it('must not be a link', async () => {
    const link = join(temporaryDir(), 'link');
    symlinkSync(secretCommand(GIVES), link);
    expect(await ask(link)).toBe('UNSAFE: the command is a symbolic link');
  });

  it('must be a file that is there, in a folder that not everybody may write to', async () => {
    expect(await ask('/nowhere/at/all')).toBe('NOT_FOUND: there is no such command');
    expect(await ask(temporaryDir())).toBe('UNSAFE: the command is not a regular file');
    const command = secretCommand(GIVES);
    chmodSync(dirname(command), 0o777);
    expect(await ask(command)).toMatch(/^UNSAFE: everybody may write to its folder/);
  });

  // With injected facts: only root could give a file away, and not every test runs as root.
  it('must be root’s or the user’s own', () => {
    expect(commandProblem({ mode: 0o100755, uid: 0 }, 1_000)).toBeUndefined();
    expect(commandProblem({ mode: 0o100755, uid: 1_000 }, 1_000)).toBeUndefined();
    expect(commandProblem({ mode: 0o100755, uid: 1_001 }, 1_000)).toContain('neither to root nor to 1000');
  });

  it('must be in one of the trustedDirs, where there are some', async () => {
    const command = secretCommand(GIVES);
    const dir = dirname(command);
    expect(await ask(command, { trustedDirs: ['/nowhere', dir] })).toBe(SECRET);
    const link = join(temporaryDir(), 'link');
    symlinkSync(dir, link);
    expect(await ask(command, { trustedDirs: [link] })).toBe(SECRET);
    // A name that begins like the folder's is another folder.
    mkdirSync(`${dir}/x`);
    for (const other of [dir.slice(0, -1), `${dir}/x`, '/nowhere'])
      expect(await ask(command, { trustedDirs: [other] })).toBe(
        'UNSAFE: the command is in none of the trustedDirs',
      );
  });

  it('that cannot be run says nothing of its arguments', async () => {
    const command = secretCommand(GIVES);
    expect(await ask(command, { args: [`${SECRET}\0`] })).toBe(
      'UNAVAILABLE: the command cannot be run with these arguments and variables',
    );
  });

  it('is not asked for more than it may be', async () => {
    const providers = { vault: { source: 'exec', command: secretCommand(GIVES) } };
    const ref = { source: 'exec', provider: 'vault', id: 'x'.repeat(200) } as const;
    expect(await resolve({ it: ref }, { providers, resolution: { maxBatchBytes: 200 } })).toEqual({
      it: 'TOO_LARGE: the request has more than 200 bytes',
    });
  });
});

describe('a command that does not end well', () => {
  /** Notes its pid and that of a child of its own, which ignores every polite request. */
  const noting = `
    process.on('SIGTERM', () => {});
    const fs = require('node:fs');
    const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
    fs.writeFileSync(__dirname + '/noted', process.pid + ' ' + child.pid);
    // Whole or not at all, since it may be killed as soon as it is there.
    fs.renameSync(__dirname + '/noted', __dirname + '/pids');`;

  async function expectGone(command: string): Promise<void> {
    const pids = readFileSync(join(dirname(command), 'pids'), 'utf8')
      .split(' ')
      .map(Number);
    expect(pids).toHaveLength(2);
    await waitFor(`${basename(command)} gone`, () => pids.every((pid) => !isAlive(pid)));
  }

  it('is killed with its group when its time is over', async () => {
    const command = secretCommand(`${noting} setInterval(() => print(' '), 10);`);
    expect(await ask(command, { timeoutMs: 2_500 })).toBe('TIMEOUT: the command took more than 2500 ms');
    await expectGone(command);
  });

  it('is killed when it prints nothing', async () => {
    const command = secretCommand(`${noting} setInterval(() => {}, 1e6);`);
    expect(await ask(command, { noOutputTimeoutMs: 2_500 })).toBe(
      'TIMEOUT: the command printed nothing for 2500 ms',
    );
    await expectGone(command);
  });

  it('is killed when it prints too much', async () => {
    const command = secretCommand(`${noting}
      const more = () => process.stdout.write('x'.repeat(65536), more);
      more();`);
    expect(await ask(command, { maxOutputBytes: 100_000 })).toBe(
      'TOO_LARGE: the command printed more than 100000 bytes',
    );
    await expectGone(command);
  });

  it('is killed when nobody waits for it any more', async () => {
    const command = secretCommand(`${noting} setInterval(() => {}, 1e6);`);
    const stop = new AbortController();
    const answered = resolve(
      { it: { source: 'exec', provider: 'vault', id: 'it' } },
      { providers: { vault: { source: 'exec', command } }, signal: stop.signal },
    );
    await waitFor('command started', () => existsSync(join(dirname(command), 'pids')));
    stop.abort();
    expect(await answered).toEqual({ it: 'ABORTED: the command was stopped' });
    await expectGone(command);
  });

  it('takes what it left running with it, also when it has answered', async () => {
    const command = secretCommand(`${noting} child.unref(); ${GIVES}`);
    expect(await ask(command)).toBe(SECRET);
    await expectGone(command);
  });

  it('is not waited for because somebody who left its group holds its output', async () => {
    const command = secretCommand(`
      require('node:child_process')
        .spawn(process.execPath, ['-e', 'setTimeout(() => {}, 3000)'], { stdio: 'inherit', detached: true }).unref();
      ${GIVES}`);
    expect(await ask(command, { timeoutMs: 60_000, noOutputTimeoutMs: 60_000 })).toBe(SECRET);
  });
});
