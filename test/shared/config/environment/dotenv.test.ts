import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { withDotenv } from '../../../../src/shared/config/environment/dotenv.js';
import type { Environment } from '../../../../src/shared/paths.js';

function folderWith(dotenv: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'pllan-env-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, '.env'), dotenv);
  return dir;
}

const none = '/nowhere/at/all';

it('takes the environment before the folder before the state dir', () => {
  const folder = folderWith('A=folder\nB=folder');
  const state = folderWith('A=state\nB=state\nC=state');
  const { env, warnings } = withDotenv({ A: 'own', D: '' }, folder, state);
  expect(env).toEqual({ A: 'own', B: 'folder', C: 'state', D: '' });
  expect(warnings).toEqual([]);
});

it('reads comments, export and quotes', () => {
  const state = folderWith('# keys\nexport A=1\nB="two words" # b\nC=\'$x\'\n');
  expect(withDotenv({}, none, state).env).toEqual({ A: '1', B: 'two words', C: '$x' });
});

it.each([
  'PLLAN_GATEWAY_URL',
  'PATH',
  'HOME',
  'NODE_OPTIONS',
  'SSL_CERT_FILE',
  'https_proxy',
  'LD_PRELOAD',
  'DYLD_X',
])('ignores %s from the current folder, and says so', (name) => {
  const folder = folderWith(`${name}=evil\nOK=1`);
  const { env, warnings } = withDotenv({}, folder, none);
  expect(env).toEqual({ OK: '1' });
  expect(warnings).toEqual([expect.stringContaining(name)]);
  expect(warnings.join()).not.toContain('evil');
});

it('trusts the state dir, except about where it is', () => {
  const state = folderWith('PLLAN_GATEWAY_TOKEN=t\nPLLAN_STATE_DIR=/x');
  const { env, warnings } = withDotenv({}, none, state);
  expect(env).toEqual({ PLLAN_GATEWAY_TOKEN: 't' });
  expect(warnings).toEqual([expect.stringContaining('PLLAN_STATE_DIR')]);
});

it('fills variables that are there and undefined', () => {
  const own: Environment = { A: undefined };
  expect(withDotenv(own, none, folderWith('A=1')).env).toEqual({ A: '1' });
});
