import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/shared/config/load.js';

const parse = (config: object) => parseConfig(JSON.stringify(config), { path: '/nowhere', env: {} });

/** A config with every section that a file may have. */
const everything = {
  $schema: 'x',
  meta: { lastTouchedVersion: '1', lastTouchedAt: 'now' },
  wizard: { any: 1 },
  gateway: {
    mode: 'local',
    tailscale: { mode: 'serve', resetOnExit: true },
    controlUi: { dangerouslyDisableDeviceAuth: false },
    remote: { transport: 'ssh' },
    reload: { mode: 'hot', debounceMs: 0, deferralTimeoutMs: 1 },
    channelHealthCheckMinutes: 0,
    workers: { drainTimeoutMs: 1 },
    store: { url: 'redis://h' },
  },
  agents: {
    defaults: {
      thinkingDefault: 'low',
      verboseDefault: 'off',
      contextTokens: 1,
      userTimezone: 'Europe/Vienna',
      heartbeat: { every: '30m', target: 'telegram', activeHours: { start: '08:00', end: '24:00' } },
    },
    list: [
      {
        id: 'a',
        agentDir: '~/a',
        identity: { name: 'A', emoji: '🙂' },
        heartbeat: {},
        thinkingDefault: 'off',
      },
    ],
    entries: { b: { name: 'B' } },
  },
  bindings: [{ agentId: 'a', match: { channel: 'slack', peer: { kind: 'dm', id: '1' } } }],
  models: { mode: 'merge' },
  session: {
    dmScope: 'main',
    identityLinks: { me: ['telegram:1'] },
    resetTriggers: ['/new'],
    store: 'x',
    sendPolicy: { default: 'deny', rules: [{ action: 'deny' }] },
    typingMode: 'never',
  },
  messages: { inbound: { debounceMs: 5 }, responsePrefix: '', ackReaction: '👀' },
  cron: { enabled: false, maxConcurrentRuns: 2, sessionRetention: false, runLog: { keepLines: 5 } },
  channels: {
    defaults: { groupPolicy: 'open' },
    slack: {
      enabled: true,
      botToken: 't',
      dmPolicy: 'pairing',
      accounts: { x: { allowFrom: [1, '2'], own: 1 } },
    },
  },
  logging: { redactPatterns: ['x'] },
  diagnostics: { enabled: false, flags: ['x'] },
  commands: { restart: false, ownerAllowFrom: [1], native: 'auto' },
  discovery: { mdns: { mode: 'off' }, wideArea: { enabled: true } },
  plugins: { x: 1 },
  skills: {},
  browser: {},
};

describe('a key that does nothing yet', () => {
  it('is accepted, in every section', () => {
    const loaded = parse(everything);
    expect(loaded.ok ? [] : loaded.issues).toEqual([]);
  });

  it('is told once', () => {
    const loaded = parse({ discovery: {}, plugins: {}, wizard: {}, gateway: { mode: 'local' } });
    expect(loaded.ok && loaded.warnings).toEqual([
      { path: 'discovery', message: 'has no effect yet' },
      { path: 'plugins', message: 'section not supported: plugins' },
    ]);
  });

  it('is told within sections too, where something is asked for', () => {
    const asks = { heartbeat: { includeReasoning: true } };
    const loaded = parse({
      agents: {
        defaults: asks,
        list: [
          { id: 'a', heartbeat: { includeReasoning: false } },
          { id: 'b', ...asks },
        ],
        entries: { c: asks },
      },
      messages: { ackReaction: '👀' },
    });
    expect(loaded.ok && loaded.warnings).toEqual(
      [
        'agents.defaults.heartbeat.includeReasoning',
        'agents.list[1].heartbeat.includeReasoning',
        'agents.entries.c.heartbeat.includeReasoning',
        'messages.ackReaction',
      ].map((path) => ({ path, message: 'has no effect yet' })),
    );
  });

  it.each([
    [{ channels: { telegramm: {} } }, 'channels.telegramm', 'unknown key (did you mean telegram?)'],
    [
      { channels: { irc: { dmPolicy: 'all' } } },
      'channels.irc.dmPolicy',
      expect.stringContaining('"pairing"'),
    ],
    [{ cron: { sessionRetention: true } }, 'cron.sessionRetention', expect.any(String)],
    [{ cron: { maxConcurrentRuns: 0 } }, 'cron.maxConcurrentRuns', expect.stringContaining('from 1 to 1000')],
    [
      { gateway: { store: { url: 'mysql://x' } } },
      'gateway.store.url',
      expect.stringContaining('must match'),
    ],
    [{ gateway: { reload: { mode: 'never' } } }, 'gateway.reload.mode', expect.stringContaining('"hybrid"')],
    [{ plugins: 5 }, 'plugins', 'must be object'],
    [
      { agents: { defaults: { heartbeat: { target: 'nobody' } } } },
      'agents.defaults.heartbeat.target',
      expect.any(String),
    ],
  ])('%j is an issue', (config, path, message) => {
    const loaded = parse(config);
    expect(loaded.ok ? [] : loaded.issues).toContainEqual({ path, message });
  });
});

describe('agents', () => {
  it('of both forms are one list', () => {
    const loaded = parse({ agents: { entries: { b: { name: 'B' }, c: {} }, list: [{ id: 'a' }] } });
    expect(loaded.ok && loaded.config.agents.list.map(({ id, name }) => [id, name])).toEqual([
      ['a', undefined],
      ['b', 'B'],
      ['c', undefined],
    ]);
  });

  it.each([
    [{ list: [{ id: 'a' }, { id: 'A' }] }, 'agents.list[1].id', 'another agent has the id A'],
    [{ list: [{ id: 'a' }], entries: { a: {} } }, 'agents.entries.a.id', 'another agent has the id a'],
    [
      {
        list: [
          { id: 'a', agentDir: '~/x' },
          { id: 'b', agentDir: '~/x' },
        ],
      },
      'agents.list[1].agentDir',
      'another agent has this folder',
    ],
  ])('%j share what is one agent’s own', (agents, path, message) => {
    const loaded = parse({ agents });
    expect(loaded.ok ? [] : loaded.issues).toEqual([{ path, message }]);
  });
});
