import { expect, test } from 'vitest';
import { adviceFor } from '../../../src/cli/client/advice.js';
import { GatewayError, type ServerError } from '../../../src/cli/client/errors.js';

function advice(details: object, more: Partial<ServerError> = {}): string[] {
  const server = { code: 'INVALID_REQUEST', message: 'no', details, ...more };
  return adviceFor(new GatewayError('closed', 'no', true, { server }));
}

test('a missing or wrong secret: where to put the right one', () => {
  for (const kind of ['TOKEN', 'PASSWORD'])
    for (const why of ['MISSING', 'MISMATCH'])
      expect(advice({ code: `AUTH_${kind}_${why}` })).toEqual([
        expect.stringContaining(`pass --${kind.toLowerCase()}`),
      ]);
});

test('too many failures: how long to wait', () => {
  expect(advice({ code: 'AUTH_RATE_LIMITED' }, { retryAfterMs: 61_200 })).toEqual([
    'Fix: wait 62s, then try again.',
  ]);
  expect(advice({ code: 'AUTH_RATE_LIMITED' })).toEqual(['Fix: wait, then try again.']);
});

test('pairing: the request, and the remedy in the words of the gateway if it has any', () => {
  expect(advice({ code: 'PAIRING_REQUIRED', requestId: 'r-1', remediationHint: 'Ask Ann.' })).toEqual([
    'Request: r-1',
    'Fix: Ask Ann.',
  ]);
  expect(advice({ code: 'PAIRING_REQUIRED', requestId: 'r-1' })[1]).toContain('pllan devices approve r-1');
  expect(advice({ code: 'PAIRING_REQUIRED' })).toEqual([
    expect.stringContaining('pllan devices approve --latest'),
  ]);
});

test('a gateway cannot write lines or colors of its own', () => {
  const remediationHint = 'a\n\u001b[2Jb\u202e';
  expect(advice({ code: 'PAIRING_REQUIRED', remediationHint })).toEqual(['Fix: a [2Jb']);
});

test('other refusals speak for themselves', () => {
  expect(advice({ code: 'ORIGIN' })).toEqual([]);
  expect(adviceFor(new GatewayError('unreachable', 'no', false))).toEqual([]);
});
