/** What a gateway refuses to start with although each key is valid. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '../../../src/shared/config/load.js';
import { startRefusal } from '../../../src/shared/config/start-refusals.js';
import { temporaryDir } from '../../support/gateway.js';

function refusalOf(document: unknown, env: Record<string, string> = {}): string | undefined {
  const path = join(temporaryDir(), 'pllan.json');
  writeFileSync(path, JSON.stringify(document));
  const loaded = loadConfig({ path, env, askLoginShell: () => ({}) });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues));
  return startRefusal(loaded);
}

it.each([
  [{ hooks: { enabled: true } }, 'hooks.enabled requires hooks.token'],
  [{ gateway: { auth: { mode: 'trusted-proxy' } } }, 'requires gateway.trustedProxies'],
  [
    { gateway: { auth: { mode: 'trusted-proxy' }, trustedProxies: ['10.0.0.5'] } },
    'requires gateway.auth.trustedProxy.userHeader',
  ],
  [{ gateway: { tls: { enabled: true, certPath: '/c.pem' } } }, 'go together'],
  [{ gateway: { tls: { enabled: true, autoGenerate: false } } }, 'requires gateway.tls.certPath'],
])('%j', (document, said) => {
  expect(refusalOf(document)).toContain(said);
});

it.each([
  [{}],
  [{ hooks: { enabled: true, token: 'of-the-hooks' } }],
  [{ hooks: { enabled: true, token: '${THE_GATEWAY_HAS_IT}' } }],
  [{ gateway: { tls: { enabled: true } } }],
  [{ gateway: { mode: 'remote', tls: { enabled: true, certPath: '/c.pem' } } }],
])('nothing speaks against %j', (document) => {
  expect(refusalOf(document)).toBeUndefined();
});
