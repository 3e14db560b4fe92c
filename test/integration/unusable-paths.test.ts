/** Paths that the file system refuses: a start says which, why and what to do, and ends (config.md §10). */
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startEntry } from '../support/entry-process.js';
import { cleanEnvironment, freePort, temporaryDir, TOKEN, writeConfig } from '../support/gateway.js';
import { within } from '../support/wait-for.js';

interface Place {
  readonly stateDir: string;
  readonly tmp: string;
  /** A regular file: below it there can be nothing. */
  readonly file: string;
}

interface Refusal {
  readonly make?: (place: Place) => void;
  readonly config?: (place: Place) => Readonly<Record<string, unknown>>;
  readonly env?: (place: Place) => Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly says: (place: Place) => readonly string[];
}

const lockDir = ({ tmp }: Place): string => join(tmp, `pllan-${userInfo().uid}`);

const refusals: Readonly<Record<string, Refusal>> = {
  'a state dir below a file': {
    env: ({ file }) => ({ PLLAN_STATE_DIR: join(file, 'state') }),
    says: ({ file }) => [
      `state directory ${join(file, 'state')} cannot be used: ENOTDIR`,
      'set PLLAN_STATE_DIR',
    ],
  },
  'a state dir where nothing can be made': {
    env: () => ({ PLLAN_STATE_DIR: '/proc/pllan-test/state' }),
    says: () => ['state directory /proc/pllan-test/state cannot be used: ENOENT', 'set PLLAN_STATE_DIR'],
  },
  'a log dir that is a file': {
    make: ({ stateDir }) => writeFileSync(join(stateDir, 'logs'), ''),
    says: ({ stateDir }) => [`log file ${join(stateDir, 'logs', 'pllan-')}`, 'cannot be opened: EEXIST'],
  },
  'a log file that is a directory': {
    config: ({ tmp }) => ({ logging: { file: tmp } }),
    says: ({ tmp }) => [`log file ${tmp} cannot be opened: EISDIR`, 'set logging.file'],
  },
  'a lock dir below a file': {
    env: ({ file }) => ({ TMPDIR: file }),
    says: ({ file }) => [`lock directory ${file}/pllan-`, 'cannot be used: EEXIST', 'set TMPDIR'],
  },
  'a lock dir that is a symlink': {
    make(place) {
      mkdirSync(join(place.tmp, 'elsewhere'), { mode: 0o700 });
      symlinkSync(join(place.tmp, 'elsewhere'), lockDir(place));
    },
    says: (place) => [
      `lock directory ${lockDir(place)} must be a directory of this user with mode 0700\n`,
      'set TMPDIR',
    ],
  },
  'a lock dir that is open to others': {
    make(place) {
      mkdirSync(lockDir(place));
      // Whatever the umask is.
      chmodSync(lockDir(place), 0o755);
    },
    says: (place) => [`lock directory ${lockDir(place)} must be a directory of this user with mode 0700\n`],
  },
  'a lock that is a directory': {
    make: ({ stateDir }) => mkdirSync(join(stateDir, 'gateway.lock')),
    says: ({ stateDir }) => [`lock ${join(stateDir, 'gateway.lock')} cannot be taken: `, 'Remove what is'],
  },
  'a tunnel socket that is a directory': {
    make: ({ stateDir }) => mkdirSync(join(stateDir, 'gateway.sock')),
    says: ({ stateDir }) => [`socket ${join(stateDir, 'gateway.sock')} cannot be opened: `, 'Remove what is'],
  },
  'a token file that cannot be made': {
    config: () => ({ gateway: { auth: { mode: 'token' } } }),
    make: ({ stateDir }) => writeFileSync(join(stateDir, 'credentials'), ''),
    says: ({ stateDir }) => [
      `token file ${join(stateDir, 'credentials', 'gateway-token')} cannot be`,
      'gateway.auth.token',
    ],
  },
  'a home below a file, with --dev': {
    args: ['--dev'],
    env: ({ file }) => ({ PLLAN_HOME: file, PLLAN_STATE_DIR: '', PLLAN_CONFIG_PATH: '' }),
    says: ({ file }) => [`workspace ${join(file, '.pllan-dev', 'workspace')} cannot be used: ENOTDIR`],
  },
};

describe.concurrent('a path that cannot be used', () => {
  it.for(Object.entries(refusals))('%s', async ([, refusal], test) => {
    const dir = temporaryDir();
    const place: Place = { stateDir: join(dir, 'state'), tmp: join(dir, 'tmp'), file: join(dir, 'file') };
    for (const made of [place.stateDir, place.tmp]) mkdirSync(made, { mode: 0o700 });
    writeFileSync(place.file, '');
    writeConfig(place.stateDir, refusal.config?.(place));
    refusal.make?.(place);
    const gateway = startEntry(['gateway', ...(refusal.args ?? [])], {
      env: cleanEnvironment(place.stateDir, {
        PLLAN_CONFIG_PATH: join(place.stateDir, 'pllan.json'),
        PLLAN_GATEWAY_PORT: String(await freePort()),
        TMPDIR: place.tmp,
        ...refusal.env?.(place),
      }),
    });
    test.onTestFinished(() => {
      gateway.child.kill('SIGKILL');
      rmSync(dir, { recursive: true, force: true });
    });
    expect(await within('exit', gateway.exited, 30_000)).toBe(1);
    for (const text of refusal.says(place)) expect(gateway.stderr()).toContain(text);
    expect(gateway.stderr()).not.toMatch(/^\s+at /m);
    expect(gateway.output()).not.toContain(TOKEN);
    expect(gateway.output()).not.toContain('listening');
  });
});
