/** What operators look for in logs and errors is what the gateway says, and what the page explains (operations.md §12). */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/troubleshooting.md', root), 'utf8');
const code = readdirSync(new URL('src/', root), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(new URL(`src/${name}`, root), 'utf8'))
  .join('\n');

/** As the page has it, and where it differs the part of it that the code has. */
const signatures: Readonly<Record<string, string>> = {
  'refusing to bind gateway to ': '',
  'another gateway instance is already listening on ws://':
    'another gateway instance is already listening on ',
  EADDRINUSE: '',
  'gateway already running (pid ': '',
  '; lock timeout after ': '',
  'Gateway start blocked: set gateway.mode=local': '',
  'Missing config.': '',
  unauthorized: '',
  'device identity required': '',
  'device nonce required': '',
  'device nonce mismatch': '',
  'device signature invalid': '',
  'device signature expired': '',
  'device identity mismatch': '',
  'pairing required': '',
  'missing scope: ': '',
  'protocol mismatch': '',
  'invalid handshake: first request must be connect': '',
  'gateway connect failed: ': '',
  'origin not allowed': '',
  'too many failed authentication attempts (retry later)': '',
  'config reload skipped (invalid config)': '',
  'config change requires gateway restart': '',
  'slow consumer': '',
  'service restart': '',
  'tick timeout': '',
  '[SECRETS_RELOADER_DEGRADED]': '',
  '[SECRETS_RELOADER_RECOVERED]': '',
  'gateway restart-loop breaker tripped': '',
  'gateway closed (1000 …): no close reason': 'no close reason',
  'gateway timeout after ': '',
  'Connect: failed': "Connect: ${style.bad('failed')}",
};

it.each(Object.entries(signatures))('%s', (shown, written) => {
  expect(page).toContain(shown);
  expect(code).toContain(written || shown);
});
