/** `gateway.*` (config.md §7). */
import { availableParallelism } from 'node:os';
import { below, flag, like, secret, section, text, texts, whole, words, type Rows } from './row.js';

const MIB = 1024 * 1024;
const DAY_MS = 86_400_000;
const networks = {
  good: [[], ['10.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8']],
  bad: [['h'], ['10.0.0.0/33'], 'x', 5],
};
const network = like(['10.0.0.0/8'], ['h', '10.0.0.0/33']);
const header = like(['x-user'], ['x user', 'a:b', '']);
const headers = { good: [[], ['x-user']], bad: [['x user'], 'x', 5, {}] };
const port = whole(1, 65_535);
const image = ['image/jpeg', 'image/png', 'image/gif', 'image/webp', 'image/heic', 'image/heif'];
const file = ['text/plain', 'text/markdown', 'text/html', 'text/csv', 'application/json', 'application/pdf'];
const types = (known: readonly string[]) => ({
  good: [[], known, [known[0]]],
  bad: [['text/x'], 'x', 5, {}],
});

const urlSources = (allowUrl: boolean, maxBytes: number) =>
  ({
    '': section,
    allowUrl: [flag, allowUrl],
    urlAllowlist: [texts, []],
    'urlAllowlist[]': text,
    maxBytes: [whole(1, 1024 * MIB), maxBytes],
    maxRedirects: [whole(0, 20), 3],
    timeoutMs: [whole(1, 600_000), 10_000],
  }) as const;
const imageSources = (allowUrl: boolean) =>
  ({
    ...urlSources(allowUrl, 10 * MIB),
    allowedMimes: [types(image), image],
    'allowedMimes[]': words(...image),
  }) as const;

export const gatewayRows: Rows = {
  gateway: ['restart', section],
  'gateway.mode': ['restart', words('local', 'remote')],
  'gateway.port': [
    'restart',
    port,
    18_789,
    { env: ['PLLAN_GATEWAY_PORT', '127.0.0.1:2000', 2_000], flag: ['port', '3000', 3_000] },
  ],
  'gateway.bind': [
    'restart',
    like(
      ['auto', 'loopback', 'lan', 'tailnet', 'custom'],
      ['0.0.0.0', 'localhost', '127.0.0.1', '::', 'LAN', ''],
    ),
    'loopback',
    { flag: ['bind', 'lan', 'lan'] },
  ],
  'gateway.customBindHost': [
    'restart',
    like(['192.0.2.7', '127.0.0.1'], ['::1', 'host', '1.2.3', '1.2.3.4:5']),
  ],

  'gateway.auth': ['restart', section],
  'gateway.auth.mode': [
    'hot',
    words('none', 'token', 'password', 'trusted-proxy'),
    undefined,
    { flag: ['auth', 'none', 'none'] },
  ],
  'gateway.auth.token': ['hot', secret],
  'gateway.auth.password': ['hot', secret],
  'gateway.auth.allowTailscale': ['hot', flag, false],
  'gateway.auth.rateLimit': ['hot', section],
  'gateway.auth.rateLimit.maxAttempts': ['hot', whole(1, 10_000), 10],
  'gateway.auth.rateLimit.windowMs': ['hot', whole(1, DAY_MS), 60_000],
  'gateway.auth.rateLimit.lockoutMs': ['hot', whole(1, DAY_MS), 300_000],
  'gateway.auth.rateLimit.exemptLoopback': ['hot', flag, true],
  'gateway.auth.trustedProxy': ['hot', section],
  'gateway.auth.trustedProxy.userHeader': ['hot', header],
  'gateway.auth.trustedProxy.requiredHeaders': ['hot', headers, []],
  'gateway.auth.trustedProxy.requiredHeaders[]': ['hot', header],
  'gateway.auth.trustedProxy.allowUsers': ['hot', texts, []],
  'gateway.auth.trustedProxy.allowUsers[]': ['hot', text],
  'gateway.auth.trustedProxy.allowLoopback': ['hot', flag, false],
  'gateway.trustedProxies': ['hot', networks, []],
  'gateway.trustedProxies[]': ['hot', network],
  'gateway.allowRealIpFallback': ['hot', flag, false],

  'gateway.tailscale': ['restart', section],
  'gateway.tailscale.mode': [
    'restart',
    words('off', 'serve', 'funnel'),
    'off',
    { flag: ['tailscale', 'serve', 'serve'] },
  ],
  'gateway.tailscale.resetOnExit': ['restart', flag, false],

  'gateway.controlUi': ['restart', section],
  'gateway.controlUi.enabled': ['hot', flag, true],
  'gateway.controlUi.basePath': ['restart', like(['', '/', '/pllan', '/a/b/'], ['/a b', '/../x', '/a?b'])],
  'gateway.controlUi.root': ['restart', text],
  'gateway.controlUi.allowedOrigins': [
    'hot',
    {
      good: [[], ['*'], ['https://ui.example.com', 'http://h:8080/']],
      bad: [['ui.example.com'], ['https://h/path'], [''], 'x', 5, {}],
    },
  ],
  'gateway.controlUi.allowedOrigins[]': ['hot', like(['https://h'], ['h'])],
  'gateway.controlUi.dangerouslyAllowHostHeaderOriginFallback': ['hot', flag, false],
  'gateway.controlUi.allowInsecureAuth': ['restart', flag, false],
  'gateway.controlUi.dangerouslyDisableDeviceAuth': ['restart', flag, false],

  ...below(
    { 'gateway.remote': 'none' },
    {
      '': section,
      url: like(['ws://127.0.0.1:1', 'wss://h/path'], ['http://h', 'h:1', 'ws://']),
      transport: words('ssh', 'direct'),
      token: secret,
      password: secret,
      tlsFingerprint: like(
        ['a'.repeat(64), `sha256:${'A'.repeat(64)}`, Array(32).fill('0f').join(':')],
        ['a'.repeat(63), 'g'.repeat(64), ''],
      ),
      sshTarget: text,
      sshIdentity: text,
      remotePort: [port, 18_789],
    },
  ),
  ...below(
    { 'gateway.reload': 'none' },
    {
      '': section,
      mode: [words('off', 'hot', 'restart', 'hybrid'), 'hybrid'],
      debounceMs: [whole(0, 600_000), 300],
      deferralTimeoutMs: [whole(0, 2_147_483_647), 300_000],
    },
  ),
  ...below(
    { 'gateway.tls': 'restart' },
    {
      '': section,
      enabled: [flag, false],
      autoGenerate: [flag, true],
      certPath: text,
      keyPath: text,
      caPath: text,
    },
  ),

  'gateway.http': ['restart', section],
  'gateway.http.securityHeaders': ['restart', section],
  'gateway.http.securityHeaders.strictTransportSecurity': [
    'hot',
    { good: ['max-age=1; includeSubDomains', '', false], bad: [true, 'a\nb', 'é', 5, [], {}] },
  ],
  ...below(
    { 'gateway.http.endpoints': 'hot' },
    {
      '': section,
      chatCompletions: section,
      'chatCompletions.enabled': [flag, true],
      'chatCompletions.maxBodyBytes': [whole(1, 1024 * MIB), 20 * MIB],
      'chatCompletions.maxImageParts': [whole(0, 64), 8],
      'chatCompletions.maxTotalImageBytes': [whole(0, 1024 * MIB), 20 * MIB],
      responses: section,
      'responses.enabled': [flag, true],
      'responses.maxBodyBytes': [whole(1, 1024 * MIB), 20 * MIB],
      'responses.maxUrlParts': [whole(0, 64), 8],
    },
  ),
  ...below({ 'gateway.http.endpoints.chatCompletions.images': 'hot' }, imageSources(false)),
  ...below({ 'gateway.http.endpoints.responses.images': 'hot' }, imageSources(true)),
  ...below(
    { 'gateway.http.endpoints.responses.files': 'hot' },
    {
      ...urlSources(true, 5 * MIB),
      allowedMimes: [types(file), file],
      'allowedMimes[]': words(...file),
      maxChars: [whole(1, 1_000_000), 60_000],
      pdf: section,
      'pdf.maxPages': [whole(1, 1_000), 4],
      'pdf.maxPixels': [whole(1, 100_000_000), 4_000_000],
      'pdf.minTextChars': [whole(0, 1_000_000), 200],
    },
  ),

  ...below(
    { 'gateway.tools': 'hot' },
    { '': section, allow: [texts, []], 'allow[]': text, deny: [texts, []], 'deny[]': text },
  ),
  ...below(
    { 'gateway.nodes': 'hot' },
    {
      '': section,
      pairing: section,
      'pairing.autoApproveLocal': [flag, true],
      'pairing.autoApproveCidrs': [networks, []],
      'pairing.autoApproveCidrs[]': network,
      commands: section,
      'commands.allow': texts,
      'commands.allow[]': text,
      'commands.deny': texts,
      'commands.deny[]': text,
      allowCommands: texts,
      'allowCommands[]': text,
      denyCommands: texts,
      'denyCommands[]': text,
    },
  ),
  'gateway.channelHealthCheckMinutes': ['restart', whole(0, 10_080), 5],
  'gateway.handshakeTimeoutMs': [
    'restart',
    whole(1, 600_000),
    15_000,
    { env: ['PLLAN_HANDSHAKE_TIMEOUT_MS', '2000', 2_000] },
  ],
  ...below(
    { 'gateway.workers': 'rolling' },
    {
      '': section,
      count: [whole(1, 64), Math.min(8, Math.max(1, availableParallelism() - 1))],
      apiThreads: [whole(1, 16), 1],
      toolThreads: [whole(0, 64), 2],
      maxQueue: [whole(1, 100_000), 1_024],
      drainTimeoutMs: [whole(0, 2_147_483_647), 300_000],
    },
  ),
  'gateway.store': ['restart', section],
  'gateway.store.url': [
    'restart',
    like(
      ['embedded', 'redis://h', 'rediss://u:p@h:1/0', { source: 'env', id: 'X' }],
      ['mysql://h', 'embedded/x', ''],
    ),
    'embedded',
  ],
};
