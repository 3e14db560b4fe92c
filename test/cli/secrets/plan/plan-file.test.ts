import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cli } from '../../support/cli.js';
import { installation, SECRET } from './support.js';

describe('the file of a plan', () => {
  const from = (path: string, env: ReturnType<typeof installation>['env']) =>
    cli(['secrets', 'apply', '--from', path], { env });

  it('is required', async () => {
    const { env } = installation({});
    expect(await cli(['secrets', 'apply'], { env })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('--from <file> is required') as string,
    });
  });

  it('is a regular file of at most 16 MiB', async () => {
    const { env, path, write } = installation({});
    execFileSync('mkfifo', [path('pipe')]);
    for (const wrong of [path('pipe'), path(), '/dev/zero'])
      expect((await from(wrong, env)).stderr).toBe(`Plan file ${wrong} is not a regular file\n`);
    expect((await from(path('none'), env)).stderr).toBe(`Plan file ${path('none')} is not there\n`);
    const large = write('large.json', '');
    writeFileSync(large, Buffer.alloc(16_777_217, ' '));
    expect((await from(large, env)).stderr).toBe(`Plan file ${large} has more than 16777216 bytes\n`);
    writeFileSync(large, JSON.stringify({ version: 1, protocolVersion: 1, targets: [] }).padEnd(16_777_216));
    expect((await from(large, env)).stderr).toContain('neither targets nor provider changes');
    expect((await from(write('text.json', `{"${SECRET}`), env)).stderr).toMatch(/is not valid JSON\n$/);
  });
});
