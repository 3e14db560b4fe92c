/** `pllan completion`, as the shells themselves take it (cli.md §14). */
import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../../src/cli/commands.js';
import { completionScript, shells } from '../../../src/cli/setup/completion.js';
import { needProgram } from '../../support/debian.js';
import { cli } from '../support/cli.js';

describe('pllan completion', () => {
  const run = (shell: string, args: readonly string[], script: string): string =>
    spawnSync(shell, [...args, '-c', script], { encoding: 'utf8' }).stdout.trim();
  /** What a shell offers for a line; for zsh and fish the shells themselves are asked. */
  const offered: Readonly<Record<(typeof shells)[number], (words: readonly string[]) => string>> = {
    bash: (words) =>
      run(
        'bash',
        ['--norc'],
        `${completionScript('bash', commands)}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _pllan; echo "\${COMPREPLY[*]}"`,
      ),
    zsh: (words) =>
      run(
        'zsh',
        ['-f'],
        `compdef() { :; }; compadd() { shift; print -r -- \${(M)@:#\${words[CURRENT]}*}; }
${completionScript('zsh', commands)}
words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}; _pllan`,
      ),
    fish: (words) =>
      run('fish', ['--no-config'], `${completionScript('fish', commands)}\ncomplete -C '${words.join(' ')}'`),
  };
  beforeAll(() => {
    needProgram('zsh', 'zsh');
    needProgram('fish', 'fish');
  });

  it.each(shells)('of %s', (shell) => {
    const complete = (line: string): string[] =>
      offered[shell](line.split(' '))
        .split(/\s*\n/)
        .flatMap((text) => (shell === 'fish' ? [text.replace(/\t.*/, '')] : text.split(' ')));
    expect(complete('pllan dash')).toEqual(['dashboard']);
    expect(complete('pllan cha')).toEqual(['channels']);
    expect(complete('pllan --dev gateway sta').toSorted()).toEqual(['start', 'status']);
    expect(complete('pllan --profile work gateway status --req')).toEqual(['--require-rpc']);
    expect(complete('pllan gateway status --url ws://h:1 --req')).toEqual(['--require-rpc']);
    expect(complete('pllan config set gateway.port 1 --me')).toEqual(['--merge']);
    expect(complete('pllan gateway restart --sa')).toEqual(['--safe']);
    expect(complete('pllan status --bi')).not.toContain('--bind');
    expect(complete('pllan completion z')).toEqual(['zsh']);
  });

  it.each(shells)('%s: every command is in it', (shell) => {
    const script = completionScript(shell, commands);
    for (const { name } of commands) expect(script).toContain(name.split(' ').at(-1));
  });

  it('knows no other shell', async () => {
    const run = await cli(['completion', 'csh']);
    expect(run).toMatchObject({ exitCode: 1, stderr: 'Unknown shell: csh (use bash, zsh, fish)\n' });
  });
});
