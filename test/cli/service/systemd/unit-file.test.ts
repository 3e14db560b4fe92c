import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseUnit, unitText } from '../../../../src/cli/service/systemd/unit-file.js';
import { needProgram } from '../../../support/debian.js';
import { temporaryDir } from '../../../support/gateway.js';
import { definitions, plainDefinition, readBack } from '../definitions.js';

const HOME = '/home/u';

describe('a unit', () => {
  it('is written as systemd wants it', () => {
    const definition = {
      ...plainDefinition,
      description: 'pllan Gateway (profile: work, v0.1.0)',
      environment: { HOME, PATH: '/usr/local/bin:/usr/bin:/bin', NOTE: 'a b "c" 100% $x' },
    };
    expect(unitText(definition, { user: undefined })).toBe(`[Unit]
Description=pllan Gateway (profile: work, v0.1.0)
After=network-online.target
Wants=network-online.target
StartLimitBurst=5
StartLimitIntervalSec=60

[Service]
Type=notify
NotifyAccess=all
WatchdogSec=60
ExecStart=/usr/bin/node /opt/pllan/dist/entry.js gateway --port 18789
Restart=always
RestartSec=5
RestartPreventExitStatus=78
TimeoutStopSec=30
TimeoutStartSec=30
SuccessExitStatus=0 143
OOMPolicy=continue
KillMode=control-group
WorkingDirectory=/home/u/.pllan
Environment=HOME=/home/u
Environment=PATH=/usr/local/bin:/usr/bin:/bin
Environment="NOTE=a b \\"c\\" 100%% $x"

[Install]
WantedBy=default.target
`);
  });

  it('of the machine runs as a user, and starts with the machine', () => {
    const text = unitText(plainDefinition, { user: 'u' });
    expect(text).toContain('\nUser=u\n');
    expect(text).toContain('\nWantedBy=multi-user.target\n');
  });

  it('is read back as it was, whatever is in it', () => {
    fc.assert(
      fc.property(definitions(/[\0]/g), (definition) => {
        const read = parseUnit(unitText(definition, { user: undefined }), '/x', HOME);
        expect(read).toMatchObject(readBack(definition));
      }),
      { numRuns: 300 },
    );
  });

  it('of somebody else is read as systemd reads it', () => {
    const text = [
      '# comment',
      '[Service]',
      'ExecStart=/bin/old',
      'ExecStart=',
      "ExecStart=-/usr/bin/node '/opt/my app/entry.js' \\",
      '  gateway "--port" 19000 $$HOME',
      'Environment=A=1 "B=two words" C=%h/x',
      'Environment="D=tab\\there \\x41"',
      'WorkingDirectory=-%h/.pllan',
      '; another',
      'KillMode=mixed',
    ].join('\n');
    expect(parseUnit(text, '/etc/x.service', HOME)).toMatchObject({
      programArguments: ['/usr/bin/node', '/opt/my app/entry.js', 'gateway', '--port', '19000', '$HOME'],
      workingDirectory: '/home/u/.pllan',
      environment: { A: '1', B: 'two words', C: '/home/u/x', D: 'tab\there A' },
      sourcePath: '/etc/x.service',
    });
  });

  it('is refused for a folder that systemd could not be told', () => {
    for (const workingDirectory of ['/a\nb', '/a\\', '/a '])
      expect(() => unitText({ ...plainDefinition, workingDirectory }, { user: undefined })).toThrow(
        'systemd cannot be told this folder',
      );
    for (const program of ['/a"b', "/a'b", '/a\\b'])
      expect(() =>
        unitText({ ...plainDefinition, programArguments: [program] }, { user: undefined }),
      ).toThrow('systemd cannot start a program of this name');
  });

  it('passes systemd-analyze verify, for a user and for the machine', () => {
    needProgram('systemd-analyze', 'systemd');
    const dir = temporaryDir();
    // What is verified must be there to be run.
    const program = join(dir, 'a program 100% $x');
    writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
    mkdirSync(join(dir, 'state dir'));
    const odd = {
      ...plainDefinition,
      programArguments: [program, 'gateway', ';', '%h', '$HOME', '', '"', '\\'],
      workingDirectory: join(dir, 'state dir'),
      environment: { NOTE: 'a "b" %h $c \\ \n d' },
    };
    const plain = { ...odd, programArguments: [process.execPath, 'gateway'] };
    for (const [name, definition, user] of [
      ['plain', plain, undefined],
      ['odd', odd, undefined],
      ['machine', plain, 'root'],
    ] as const) {
      const file = join(dir, `${name}.service`);
      writeFileSync(file, unitText(definition, { user }));
      const scope = user === undefined ? ['--user'] : [];
      const options = {
        encoding: 'utf8',
        env: { ...process.env, XDG_RUNTIME_DIR: dir },
        stdio: 'pipe',
      } as const;
      expect(execFileSync('systemd-analyze', ['verify', '--man=no', ...scope, file], options)).toBe('');
    }
  });
});
