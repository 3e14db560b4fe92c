import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { connectParams, type Introduction } from '../../../src/cli/client/connect-params.js';
import { openIdentity, type DeviceIdentity } from '../../../src/cli/client/device/identity-file.js';
import { cliClient } from '../../../src/cli/client/kinds.js';
import { verifyDevice } from '../../../src/primary/devices/verify-device.js';
import { connectParams as schema } from '../../../src/shared/protocol/frames.js';
import { temporaryHome } from '../support/cli.js';

const challenge = { nonce: 'nonce-1', ts: 1_760_000_000_000 };
let identity: DeviceIdentity;
beforeEach(() => {
  identity = openIdentity(join(temporaryHome(), 'device.json'), () => {});
});

const introduce = (more: Partial<Introduction> = {}) =>
  connectParams({ kind: cliClient, scopes: cliClient.scopes, auth: {}, identity, challenge, ...more });

test.each([
  ['nothing', {}],
  ['a token', { token: 't' }],
  ['a password, which is not signed', { password: 'p' }],
  ['both', { token: 't', password: 'p' }],
  ['its own token', { deviceToken: 'd' }],
])('with %s a gateway accepts the params and their signature', (_what, auth) => {
  const params = introduce({ auth });
  expect(schema.problems(params)).toEqual([]);
  expect(params.auth ?? {}).toEqual(auth);
  const { device } = params;
  expect(device && verifyDevice(device, params, challenge.nonce, challenge.ts)).toMatchObject({ ok: true });
});

test('without a key, or without a challenge to sign, there is no device', () => {
  expect(introduce({ identity: undefined })).not.toHaveProperty('device');
  expect(introduce({ challenge: undefined })).not.toHaveProperty('device');
});
