/** The other sections (config.md §8, secrets.md §3). */
import {
  anything,
  below,
  duration,
  flag,
  like,
  list,
  map,
  name,
  nameOrId,
  open,
  secret,
  section,
  text,
  texts,
  whole,
  words,
  type Kind,
  type Row,
  type Rows,
  type Takes,
} from './row.js';

const MOST = 2_147_483_647;
const logLevel = words('silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace');
const queueMode = words('steer', 'followup', 'collect', 'interrupt');
const resetMode = words('none', 'daily', 'idle');
const alias = like(['a', 'a-1_b'], ['', 'A', '1a', 'a b']);
const variable = like(['A', '_b1'], ['', '1A', 'A-B']);
const path = like(['/a'], ['a', '~/a', '']);

/** Sections of other programs, in which nothing is looked at. */
const foreign: Readonly<Record<string, Kind>> = {
  wizard: 'none',
  plugins: 'restart',
  skills: 'none',
  browser: 'restart',
  talk: 'none',
  ui: 'none',
  approvals: 'hot',
  web: 'restart',
  update: 'restart',
  identity: 'none',
  tts: 'restart',
  audio: 'none',
  broadcast: 'restart',
  nodeHost: 'restart',
  canvasHost: 'restart',
  acp: 'restart',
};

const channels =
  'discord googlechat imessage irc matrix mattermost msteams signal slack telegram webchat whatsapp'.split(
    ' ',
  );
const channel = {
  '': open,
  enabled: flag,
  defaultAccount: name,
  dmPolicy: words('pairing', 'allowlist', 'open', 'disabled'),
  allowFrom: list,
  'allowFrom[]': nameOrId,
  groups: map,
  'groups.*': anything,
} as const;

const reset = { '': section, mode: resetMode, atHour: whole(0, 23), idleMinutes: whole(1) } as const;

/** A key of one of the kinds of providers, tried out there. */
const provider = (at: string, takes: Takes, preset?: unknown): Row => [
  'none',
  takes,
  preset,
  { at: `secrets.providers.${at}` },
];

export const sectionRows: Rows = {
  $schema: ['none', text],
  ...below({ meta: 'none' }, { '': section, lastTouchedVersion: text, lastTouchedAt: text }),
  ...below(foreign, { '': open, '*': anything }),

  ...below(
    { session: 'none' },
    {
      '': section,
      scope: [words('per-sender', 'global'), 'per-sender'],
      dmScope: [name, 'main'],
      mainKey: [like(['main', '0_a-b'], ['', 'Main', '-a', 'a'.repeat(65)]), 'main'],
      identityLinks: map,
      'identityLinks.*': texts,
      'identityLinks.*[]': text,
      reset: section,
      'reset.mode': [resetMode, 'none'],
      'reset.atHour': [whole(0, 23), 4],
      'reset.idleMinutes': whole(1, 5_256_000),
      resetByType: section,
      resetByChannel: map,
      resetTriggers: [texts, ['/new', '/reset']],
      'resetTriggers[]': text,
      store: name,
      maintenance: section,
      'maintenance.mode': [words('enforce', 'warn'), 'enforce'],
      'maintenance.pruneAfter': [duration, '30d'],
      'maintenance.maxEntries': [whole(1, 1_000_000), 500],
      sendPolicy: section,
      'sendPolicy.default': words('allow', 'deny'),
      'sendPolicy.rules': list,
      'sendPolicy.rules[]': open,
      'sendPolicy.rules[].*': anything,
      typingMode: name,
    },
  ),
  ...below(
    {
      'session.resetByType.direct': 'none',
      'session.resetByType.group': 'none',
      'session.resetByType.thread': 'none',
      'session.resetByChannel.*': 'none',
    },
    reset,
  ),

  ...below(
    { messages: 'none' },
    {
      '': section,
      queue: section,
      'queue.mode': [queueMode, 'steer'],
      'queue.debounceMs': [whole(0, 600_000), 500],
      'queue.cap': [whole(1, 1_000), 20],
      'queue.drop': [words('summarize', 'old', 'new'), 'summarize'],
      'queue.byChannel': map,
      'queue.byChannel.*': queueMode,
      inbound: open,
      'inbound.debounceMs': whole(0, 600_000),
      responsePrefix: text,
      ackReaction: text,
    },
  ),

  ...below(
    { hooks: 'hot' },
    {
      '': section,
      enabled: [flag, false],
      token: text,
      path: [like(['/hooks', '/a/b'], ['/a b', '/../x']), '/hooks'],
      maxBodyBytes: [whole(1, 4_194_304), 262_144],
      defaultSessionKey: text,
      allowRequestSessionKey: [flag, false],
      allowedSessionKeyPrefixes: texts,
      'allowedSessionKeyPrefixes[]': text,
      allowedAgentIds: texts,
      'allowedAgentIds[]': text,
      transformsDir: text,
      mappings: list,
    },
  ),
  ...below(
    { 'hooks.mappings[]': 'hot' },
    {
      '': section,
      id: name,
      match: section,
      'match.path': name,
      'match.source': name,
      action: words('wake', 'agent'),
      textTemplate: name,
      messageTemplate: name,
      name,
      sessionKey: name,
      to: name,
      accountId: name,
      model: name,
      thinking: name,
      wakeMode: words('now', 'next-heartbeat'),
      deliver: flag,
      channel: name,
      agentId: name,
      timeoutSeconds: { good: [0, 1.5], bad: [-1, '1', true] },
      allowUnsafeExternalContent: flag,
      transform: section,
      'transform.module': name,
      'transform.export': name,
    },
  ),

  ...below({ mcp: 'hot' }, { '': section, servers: map }),
  ...below(
    { 'mcp.servers.*': 'hot' },
    {
      '': section,
      command: name,
      args: texts,
      'args[]': like(['x', ''], ['\0']),
      env: map,
      'env.*': secret,
      cwd: name,
      enabled: flag,
      timeoutMs: whole(1, 86_400_000),
    },
  ),
  'mcp.servers.*.url': [
    'hot',
    like(['http://h/', 'https://h/mcp'], ['h', 'ftp://h', '']),
    undefined,
    { at: 'mcp.servers.far.url' },
  ],
  'mcp.servers.*.headers': [
    'hot',
    { good: [{}, { 'X-A': 'b' }], bad: [{ 'a b': 'c' }, 'x', 5] },
    undefined,
    { at: 'mcp.servers.far.headers' },
  ],
  'mcp.servers.*.headers.*': ['hot', secret, undefined, { at: 'mcp.servers.far.headers.h' }],

  ...below(
    { cron: 'hot' },
    {
      '': section,
      enabled: [flag, true],
      store: name,
      maxConcurrentRuns: [whole(1, 1_000), 1],
      sessionRetention: [{ good: ['24h', false], bad: [true, 'soon', 5] }, '24h'],
      webhookToken: secret,
      runLog: section,
      'runLog.maxBytes': whole(1, MOST),
      'runLog.keepLines': whole(1, MOST),
    },
  ),

  ...below(
    { channels: 'hot' },
    {
      '': section,
      defaults: section,
      'defaults.groupPolicy': name,
      'defaults.heartbeat': map,
      'defaults.heartbeat.*': anything,
    },
  ),
  ...Object.assign(
    {},
    ...channels.flatMap((id) => [
      below({ [`channels.${id}`]: 'hot' }, { ...channel, accounts: map }),
      below({ [`channels.${id}.accounts.*`]: 'hot' }, channel),
    ]),
  ),

  ...below(
    { logging: 'none' },
    {
      '': section,
      file: text,
      consoleLevel: logLevel,
      consoleStyle: words('pretty', 'compact', 'json'),
      redactSensitive: [words('tools', 'off'), 'tools'],
      redactPatterns: [{ good: [[], [String.raw`a\d+`, '(b|c)']], bad: [...texts.bad, ['(']] }, []],
      'redactPatterns[]': text,
      maxFileBytes: [whole(4_096, 1_099_511_627_776), 104_857_600],
      retentionDays: [whole(1, 36_500), 7],
    },
  ),
  'logging.level': [
    'none',
    logLevel,
    'info',
    { env: ['PLLAN_LOG_LEVEL', 'warn', 'warn'], flag: ['log-level', 'trace', 'trace'] },
  ],

  diagnostics: ['restart', section],
  'diagnostics.enabled': ['hot', flag, true],
  'diagnostics.flags': ['restart', texts, []],
  'diagnostics.flags[]': ['restart', text],
  'diagnostics.prometheus': ['restart', section],
  'diagnostics.prometheus.enabled': ['restart', flag, true],
  'diagnostics.prometheus.auth': ['restart', words('inherit', 'none'), 'inherit'],

  ...below(
    { commands: 'restart' },
    {
      '': section,
      restart: [flag, true],
      ownerAllowFrom: [list, []],
      'ownerAllowFrom[]': nameOrId,
      text: flag,
      native: { good: [true, false, 'auto'], bad: ['yes', 1] },
      config: [flag, false],
    },
  ),
  ...below(
    { discovery: 'restart' },
    {
      '': section,
      mdns: section,
      'mdns.mode': [words('off', 'minimal', 'full'), 'minimal'],
      wideArea: section,
      'wideArea.enabled': [flag, false],
    },
  ),

  ...below(
    { env: 'none' },
    {
      '': { good: [{}, { NAME: 'x' }], bad: ['x', 5, []] },
      '*': text,
      vars: map,
      'vars.*': text,
      shellEnv: section,
      'shellEnv.enabled': [flag, false],
      'shellEnv.timeoutMs': [whole(1, 600_000), 15_000],
    },
  ),

  ...below(
    { secrets: 'none' },
    {
      '': section,
      providers: [map, {}],
      defaults: [section, {}],
      'defaults.env': alias,
      'defaults.file': alias,
      'defaults.exec': alias,
      resolution: [section, {}],
      'resolution.maxProviderConcurrency': [whole(1, 64), 4],
      'resolution.maxRefsPerProvider': [whole(1, 65_536), 512],
      'resolution.maxBatchBytes': [whole(1, 4_194_304), 262_144],
    },
  ),
  'secrets.providers.*': ['none', section],
  'secrets.providers.*.source': ['none', { good: ['env'], bad: ['vault', 5] }],
  'secrets.providers.*.allowlist': provider('some.allowlist', texts),
  'secrets.providers.*.allowlist[]': provider('some.allowlist[0]', variable),
  'secrets.providers.*.path': provider('stored.path', like(['/a', '~/a'], ['a', ''])),
  'secrets.providers.*.mode': provider('stored.mode', words('json', 'singleValue'), 'json'),
  'secrets.providers.*.timeoutMs': provider('stored.timeoutMs', whole(1, 120_000), 5_000),
  'secrets.providers.*.maxBytes': provider('stored.maxBytes', whole(1, 4_194_304), 1_048_576),
  'secrets.providers.*.command': provider('told.command', path),
  'secrets.providers.*.args': provider('told.args', texts, []),
  'secrets.providers.*.args[]': provider('told.args[0]', text),
  'secrets.providers.*.passEnv': provider('told.passEnv', texts, []),
  'secrets.providers.*.passEnv[]': provider('told.passEnv[0]', variable),
  'secrets.providers.*.env': provider('told.env', map, {}),
  'secrets.providers.*.env.*': provider('told.env.A', text),
  'secrets.providers.*.noOutputTimeoutMs': provider('told.noOutputTimeoutMs', whole(1, 120_000), 5_000),
  'secrets.providers.*.maxOutputBytes': provider('told.maxOutputBytes', whole(1, 4_194_304), 1_048_576),
  'secrets.providers.*.jsonOnly': provider('told.jsonOnly', flag, true),
  'secrets.providers.*.trustedDirs': provider('told.trustedDirs', { good: [[], ['/a']], bad: ['/a', 5] }),
  'secrets.providers.*.trustedDirs[]': provider('told.trustedDirs[0]', path),
  'secrets.providers.*.allowInsecurePath': provider('told.allowInsecurePath', {
    good: [],
    bad: [true, false],
  }),
  'secrets.providers.*.allowSymlinkCommand': provider('told.allowSymlinkCommand', { good: [], bad: [true] }),
};
