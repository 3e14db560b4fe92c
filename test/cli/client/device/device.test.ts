import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { openDevice, type Device } from '../../../../src/cli/client/device/device.js';
import { temporaryHome } from '../../support/cli.js';

let dir: string;
let notes: string[];
let device: Device;
beforeEach(() => {
  dir = join(temporaryHome(), 'identity');
  notes = [];
  device = openDevice(dir, (line) => notes.push(line));
});

const tokenPath = () => join(dir, 'device-auth.json');
const stored = () => JSON.parse(readFileSync(tokenPath(), 'utf8')) as unknown;
const token = (value: string, scopes = ['operator.read']) => ({ token: value, role: 'operator', scopes });

test('nothing is made before it is asked for', () => {
  expect(readdirSync(join(dir, '..'))).toEqual([]);
});

describe('a token', () => {
  test('is kept by role, in a file of the owner', () => {
    device.remember(token('t1'));
    device.remember({ token: 'n1', role: 'node', scopes: [] });
    expect(stored()).toEqual({
      version: 1,
      deviceId: device.identity()?.deviceId,
      tokens: {
        operator: { ...token('t1'), updatedAtMs: expect.any(Number) },
        node: { token: 'n1', role: 'node', scopes: [], updatedAtMs: expect.any(Number) },
      },
    });
    expect(statSync(tokenPath()).mode & 0o777).toBe(0o600);
    expect(device.token('operator')).toMatchObject(token('t1'));
  });

  test('that is known already is not written again', () => {
    device.remember(token('t1', ['a', 'b']));
    const before = statSync(tokenPath()).ino;
    device.remember(token('t1', ['b', 'a']));
    expect(statSync(tokenPath()).ino).toBe(before);
    device.remember(token('t1', ['a']));
    expect(device.token('operator')?.scopes).toEqual(['a']);
  });

  test('is dropped when it is the one that does not work, and no newer one', () => {
    device.remember(token('t2'));
    device.forget('operator', 't1');
    expect(device.token('operator')?.token).toBe('t2');
    device.forget('operator', 't2');
    expect(device.token('operator')).toBeUndefined();
    expect(stored()).toMatchObject({ tokens: {} });
  });

  test('of another device is not ours', () => {
    device.remember(token('t1'));
    const text = readFileSync(tokenPath(), 'utf8');
    writeFileSync(tokenPath(), text.replace(device.identity()?.deviceId ?? '', 'f'.repeat(64)));
    expect(device.token('operator')).toBeUndefined();
  });

  test.each(['', '{', '{"version":2}', '{"version":1,"deviceId":"x","tokens":{"operator":1}}'])(
    'file with %j in it counts as empty, and is mended by the next token',
    (text) => {
      mkdirSync(dir);
      writeFileSync(tokenPath(), text);
      expect(device.token('operator')).toBeUndefined();
      device.remember(token('t1'));
      expect(device.token('operator')?.token).toBe('t1');
    },
  );

  test('that cannot be stored is said, and is no failure', () => {
    device.identity();
    mkdirSync(tokenPath());
    device.remember(token('t1'));
    expect(notes).toEqual([expect.stringMatching(/^The device token was not stored: /)]);
  });
});

test('a device that cannot be stored is none, and says why', () => {
  const file = join(temporaryHome(), 'file');
  writeFileSync(file, '');
  const nobody = openDevice(join(file, 'identity'), (line) => notes.push(line));
  expect(nobody.problem()).toBeUndefined();
  expect(nobody.identity()).toBeUndefined();
  expect(nobody.problem()).toContain('ENOTDIR');
  nobody.remember(token('t1'));
  nobody.forget('operator');
  expect(nobody.token('operator')).toBeUndefined();
  expect(notes).toEqual([]);
});
