import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { openIdentity } from '../../../../src/cli/client/device/identity-file.js';
import { temporaryHome } from '../../support/cli.js';

let dir: string;
let path: string;
let notes: string[];
beforeEach(() => {
  dir = join(temporaryHome(), 'state', 'identity');
  path = join(dir, 'device.json');
  notes = [];
});

const open = () => openIdentity(path, (line) => notes.push(line));
const stored = () => JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;

function put(text: string): void {
  mkdirSync(dir, { recursive: true });
  writeFileSync(path, text);
}

describe('the first use', () => {
  test('makes a key that others can check, in a folder and a file of the owner', () => {
    const { deviceId, publicKey } = open();
    expect(stored()).toEqual({
      version: 1,
      deviceId,
      publicKeyPem: expect.stringContaining('BEGIN PUBLIC KEY'),
      privateKeyPem: expect.stringContaining('BEGIN PRIVATE KEY'),
      createdAtMs: expect.any(Number),
    });
    expect(createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest('hex')).toBe(deviceId);
    const signature = sign(null, Buffer.from('x'), createPrivateKey(stored().privateKeyPem as string));
    const key = createPublicKey(stored().publicKeyPem as string);
    expect(verify(null, Buffer.from('x'), key, signature)).toBe(true);
    expect([dir, path].map((name) => statSync(name).mode & 0o777)).toEqual([0o700, 0o600]);
    expect(notes).toEqual([]);
  });

  test('is the only one: later ones find the same identity', () => {
    const first = open();
    const again = open();
    expect([again.deviceId, again.publicKey]).toEqual([first.deviceId, first.publicKey]);
    expect(readdirSync(dir)).toEqual(['device.json']);
  });

  test('where nothing can be stored is an error', () => {
    const file = join(temporaryHome(), 'file');
    writeFileSync(file, '');
    expect(() => openIdentity(join(file, 'identity', 'device.json'), () => {})).toThrow('ENOTDIR');
  });
});

describe('a file that holds no identity', () => {
  test.each([
    ['is empty', ''],
    ['is cut off', '{"version":1,"deviceId":"ab'],
    ['is no object', '[]'],
    ['lacks the key', '{"version":1,"deviceId":"ab"}'],
    ['has no usable key', '{"version":1,"deviceId":"ab","privateKeyPem":"x"}'],
  ])('because it %s is kept aside and replaced, and that is said', (_why, text) => {
    put(text);
    const { deviceId } = open();
    expect(stored().deviceId).toBe(deviceId);
    expect(readFileSync(`${path}.corrupt`, 'utf8')).toBe(text);
    expect(statSync(`${path}.corrupt`).mode & 0o777).toBe(0o600);
    expect(notes).toEqual([expect.stringContaining(`${path} held no usable device key`)]);
    expect(open().deviceId).toBe(deviceId);
  });

  test('because id and key do not belong together is replaced as well', () => {
    open();
    put(JSON.stringify({ ...stored(), deviceId: 'f'.repeat(64) }));
    expect(open().deviceId).not.toBe('f'.repeat(64));
    expect(existsSync(`${path}.corrupt`)).toBe(true);
  });
});

test('a file that is kept aside is never written through a link', () => {
  const elsewhere = join(temporaryHome(), 'precious');
  writeFileSync(elsewhere, 'precious');
  put('');
  symlinkSync(elsewhere, `${path}.corrupt`);
  open();
  expect(readFileSync(elsewhere, 'utf8')).toBe('precious');
  expect(readFileSync(`${path}.corrupt`, 'utf8')).toBe('');
});

test('an identity that others could read is closed to them', () => {
  open();
  chmodSync(path, 0o644);
  open();
  expect(statSync(path).mode & 0o777).toBe(0o600);
});
