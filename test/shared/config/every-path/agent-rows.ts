/** `agents`, `bindings`, `models`, `auth`, `memory` and `tools` (config.md §8). */
import { availableParallelism } from 'node:os';
import {
  amount,
  anything,
  below,
  clock,
  flag,
  like,
  list,
  map,
  model,
  name,
  open,
  secret,
  section,
  text,
  texts,
  whole,
  words,
  type Rows,
  type Takes,
} from './row.js';

const thinking = words('off', 'minimal', 'low', 'medium', 'high', 'xhigh', 'adaptive');
const profile = words('minimal', 'messaging', 'coding', 'full');
const address = like(['http://h/v1', 'https://h'], ['h', 'ftp://h']);
const channels =
  'discord googlechat imessage irc matrix mattermost msteams signal slack telegram webchat webhook whatsapp'.split(
    ' ',
  );
const MOST = 2_147_483_647;

const zone = like(['UTC', 'Europe/Vienna'], ['', 'Mars/Base', '+02:00']);
const every = like(['30m', '12h', '0m', '0s'], ['', 'often', '-5m', '30']);
const target = words('owner', 'last', 'none', ...channels);
const heartbeatOfAgent = {
  '': section,
  every,
  target,
  to: name,
  accountId: name,
  model: name,
  prompt: name,
  ackMaxChars: whole(0, MOST),
  activeHours: section,
  'activeHours.start': clock,
  'activeHours.end': clock,
  'activeHours.timezone': like(['user', 'local', 'Asia/Tokyo'], ['', 'Mars/Base']),
  session: name,
  includeReasoning: flag,
} as const;
const heartbeat = {
  ...heartbeatOfAgent,
  every: [every, '30m'],
  target: [target, 'owner'],
  ackMaxChars: [whole(0, MOST), 300],
  includeReasoning: [flag, false],
} as const;

const modelChoice = { '': model, primary: name, fallbacks: texts, 'fallbacks[]': name } as const;
const toolLists = { profile, allow: texts, 'allow[]': name, deny: texts, 'deny[]': name } as const;
const memoryIn = (apiKey: Takes) => ({
  '': open,
  search: open,
  'search.provider': name,
  'search.model': name,
  'search.remote': open,
  'search.remote.baseUrl': address,
  'search.remote.apiKey': apiKey,
});

const lists = { 'agents.list[]': 'none', 'agents.entries.*': 'none' } as const;
const inEach = (key: string) =>
  ({ [`agents.list[].${key}`]: 'none', [`agents.entries.*.${key}`]: 'none' }) as const;

export const agentRows: Rows = {
  agents: ['none', section],
  'agents.defaults': ['none', section],
  'agents.defaults.workspace': ['none', text],
  'agents.defaults.skipBootstrap': ['none', flag, false],
  'agents.defaults.timeoutSeconds': ['none', whole(1, 31_536_000), 172_800],
  'agents.defaults.maxConcurrent': [
    'none',
    whole(1, 10_000),
    Math.min(16, Math.max(8, availableParallelism())),
  ],
  'agents.defaults.thinkingDefault': ['none', thinking],
  'agents.defaults.verboseDefault': ['none', words('off', 'on', 'full'), 'off'],
  'agents.defaults.contextTokens': ['none', whole(1, MOST)],
  'agents.defaults.userTimezone': ['none', zone],
  'agents.defaults.subagents': ['none', section],
  'agents.defaults.subagents.maxConcurrent': ['none', whole(1, 10_000), 8],
  'agents.defaults.compaction': ['none', section],
  'agents.defaults.compaction.keepRecentTokens': ['none', whole(0, 10_000_000), 20_000],
  'agents.defaults.compaction.model': ['none', text],
  ...below({ 'agents.defaults.heartbeat': 'hot' }, heartbeat),
  ...below({ 'agents.defaults.model': 'hot' }, modelChoice),
  ...below(
    { 'agents.defaults.models': 'hot' },
    { '': map, '*': section, '*.alias': name, '*.params': map, '*.params.*': anything },
  ),

  'agents.list': ['none', list],
  'agents.entries': ['none', map],
  'agents.list[].id': ['none', like(['a', 'A-1_b', 'x'.repeat(64)], ['', 'a b', '-a', 'x'.repeat(65)])],
  ...below(lists, {
    '': section,
    default: flag,
    name,
    workspace: name,
    agentDir: name,
    thinkingDefault: thinking,
  }),
  ...below(inEach('model'), modelChoice),
  ...below(inEach('identity'), { '': section, name, theme: name, emoji: name, avatar: name }),
  // In a list it is not known which agent's what has changed; written as a map it is.
  ...below({ 'agents.list[].heartbeat': 'none', 'agents.entries.*.heartbeat': 'hot' }, heartbeatOfAgent),
  ...below(inEach('tools'), { '': section, ...toolLists, byProvider: map }),
  ...below(inEach('tools.byProvider.*'), { '': section, ...toolLists }),
  ...below({ 'agents.list[].memory': 'none' }, memoryIn(secret)),
  ...below({ 'agents.entries.*.memory': 'none' }, memoryIn(name)),

  ...below({ bindings: 'none' }, { '': list }),
  ...below(
    { 'bindings[]': 'none' },
    {
      '': section,
      agentId: name,
      match: section,
      'match.channel': name,
      'match.accountId': name,
      'match.guildId': name,
      'match.peer': section,
      'match.peer.kind': name,
      'match.peer.id': name,
    },
  ),

  models: ['hot', section],
  'models.mode': ['hot', words('merge', 'replace'), 'merge'],
  'models.providers': ['hot', map],
  ...below(
    { 'models.providers.*': 'hot' },
    {
      '': section,
      baseUrl: address,
      apiKey: secret,
      api: words('openai-completions', 'openai-responses', 'anthropic-messages', 'echo'),
      auth: words('api-key', 'token', 'oauth'),
      headers: map,
      'headers.*': secret,
      authHeader: flag,
      timeouts: section,
      'timeouts.connectMs': whole(1),
      'timeouts.firstByteMs': whole(1),
      'timeouts.idleMs': whole(1),
      models: list,
    },
  ),
  ...below(
    { 'models.providers.*.models[]': 'hot' },
    {
      '': section,
      id: name,
      name,
      reasoning: flag,
      input: texts,
      'input[]': name,
      contextWindow: whole(1),
      maxTokens: whole(1),
      cost: section,
      'cost.input': amount,
      'cost.output': amount,
      'cost.cacheRead': amount,
      'cost.cacheWrite': amount,
      compat: open,
      'compat.maxTokensField': words('max_tokens', 'max_completion_tokens'),
      'compat.supportsUsageInStreaming': flag,
      'compat.supportsReasoningEffort': flag,
      'compat.supportsReasoningSummary': flag,
      'compat.supportsStrictMode': flag,
      'compat.supportsTools': flag,
      'compat.requiresStringContent': flag,
      'compat.thinkingFormat': text,
      'compat.promptCaching': flag,
    },
  ),

  auth: ['restart', section],
  ...below(
    { 'auth.profiles': 'hot' },
    {
      '': map,
      '*': section,
      '*.provider': name,
      '*.mode': words('api_key', 'token', 'oauth'),
      '*.email': name,
      '*.key': secret,
      '*.token': secret,
    },
  ),
  ...below({ 'auth.order': 'hot' }, { '': map, '*': texts, '*[]': name }),
  ...below(
    { 'auth.cooldowns': 'restart' },
    {
      '': section,
      firstMs: [whole(1, 604_800_000), 60_000],
      maxMs: [whole(1, 604_800_000), 3_600_000],
      authFirstMs: [whole(1, 604_800_000), 600_000],
      authMaxMs: [whole(1, 604_800_000), 14_400_000],
    },
  ),

  ...below({ memory: 'restart' }, memoryIn(secret)),

  ...below(
    { tools: 'hot' },
    {
      '': section,
      profile: [profile, 'minimal'],
      allow: [texts, []],
      'allow[]': text,
      deny: [texts, []],
      'deny[]': text,
      exec: section,
      'exec.timeoutSec': [whole(1, 86_400), 1_800],
      'exec.passEnv': [texts, []],
      'exec.passEnv[]': text,
      web: section,
      'web.maxBytes': [whole(1, 16_777_216), 5_242_880],
      'web.maxChars': [whole(1, 500_000), 50_000],
      'web.timeoutMs': [whole(1, 120_000), 30_000],
      sessions: section,
      'sessions.visibility': [words('agent', 'all'), 'agent'],
      byProvider: map,
    },
  ),
  ...below({ 'tools.byProvider.*': 'hot' }, { '': section, ...toolLists }),
};
