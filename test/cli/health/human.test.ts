import { expect, test } from 'vitest';
import { healthLines } from '../../../src/cli/health/human.js';
import { createStyle } from '../../../src/cli/output/style.js';

const lines = (snapshot: unknown) => healthLines(snapshot, createStyle(false));

test('one line per channel, in the order of the gateway', () => {
  const channels = {
    telegram: { configured: true, probe: { ok: true, elapsedMs: 80, bot: { username: 'bot' } } },
    slack: { configured: true, probe: { ok: false, status: 401, error: 'unauthorized' } },
    signal: { configured: false },
    irc: { configured: true, running: false },
    matrix: { configured: true, running: true },
  };
  const channelOrder = ['telegram', 'slack', 'signal', 'irc', 'matrix'];
  expect(lines({ channels, channelOrder, channelLabels: { telegram: 'Telegram' } })).toEqual([
    'Telegram: ok (@bot) (80ms)',
    'slack: failed (401) - unauthorized',
    'signal: not configured',
    'irc: configured, not running',
    'matrix: configured',
  ]);
});

test('agents with their heartbeat, and the session store with its newest entries', () => {
  const agents = [
    { agentId: 'main', isDefault: true, heartbeat: { enabled: true, every: '30m' } },
    { agentId: 'ops', heartbeat: { enabled: false, every: '0m' } },
  ];
  const sessions = { path: '/s', count: 2, recent: [{ key: 'agent:main:main', age: 120_000 }] };
  expect(lines({ agents, sessions, defaultAgentId: 'main' })).toEqual([
    'Agents: main (default), ops',
    'Heartbeat interval: 30m (main), disabled (ops)',
    'Session store (main): /s (2 entries)',
    '- agent:main:main (2m ago)',
  ]);
});

test('trouble is named: missing workers, a slow event loop', () => {
  const workers = { configured: 2, ready: 0, degraded: true };
  const eventLoop = { degraded: true, reasons: ['delay'] };
  const place = { state: 'stale', paths: ['a.b', 'a.c'] };
  const degradedSecretOwners = [
    { ...place, ownerKind: 'model-provider', ownerId: 'openai', reason: 'there is no such file' },
    { ...place, ownerKind: 'gateway-auth', ownerId: '' },
  ];
  expect(lines({ workers, eventLoop, degradedSecretOwners })).toEqual([
    'Workers: 0 of 2 ready (degraded)',
    'Event loop: degraded (delay)',
    'Secrets: model-provider openai is stale (a.b, a.c): there is no such file',
    'Secrets: gateway-auth is stale (a.b, a.c)',
  ]);
});

test.each([null, 'x', [], {}])('%j is nothing to show, and no reason to fail', (snapshot) => {
  expect(lines(snapshot)).toEqual([]);
});

test('a gateway cannot steer the terminal', () => {
  const evil = 'a\u001b[2J\u009b31m\u202eb\nc';
  const shown = lines({
    channels: { [evil]: { configured: true, probe: { ok: false, error: evil } } },
    channelOrder: [evil],
    agents: [{ agentId: evil, heartbeat: { enabled: true, every: evil } }],
    sessions: { path: evil, count: 1, recent: [{ key: evil, age: 1 }] },
    eventLoop: { degraded: true, reasons: [evil] },
    degradedSecretOwners: [{ ownerKind: evil, state: evil, paths: [evil], reason: evil }],
  });
  expect(shown).toHaveLength(7);
  expect(shown.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});
