/**
 * What operators look for in logs and errors (operations.md §12), and the test in which a real gateway or command says it.
 * That test matches its exit code, close code or level as well.
 */
export interface Provoked {
  /** As the page has it. */
  readonly shown: string;
  /** Under `test/`, without `.test.ts`. */
  readonly file: string;
  /** Of the test. */
  readonly name: string;
  /** What of it the test looks for, where that is not `shown`. */
  readonly matched?: string;
}

type Of = Pick<Provoked, 'file' | 'name'>;

const guard = 'integration/start-guard';
const params = 'integration/control/connect-params';
const devices = 'integration/control/devices';
const secondStart = 'integration/instance-lock';
const samePort: Of = {
  file: secondStart,
  name: 'with the same port only says where the other listens, exits 1 and leaves nothing',
};
const sameStateDir: Of = {
  file: secondStart,
  name: 'with the same state dir waits 5 s for the lock, says who has it and exits 1',
};
const badIdentity: Of = {
  file: devices,
  name: 'its %s: %j, refused as %j DEVICE_AUTH_%s %s, whatever its secret',
};
const brokenSecret: Of = {
  file: 'integration/secrets/reload',
  name: 'that fails changes nothing, is told once, and once when it succeeds again',
};
const connections = 'e2e/failure-signatures/connections';
const wrongSecret: Of = {
  file: connections,
  name: '`gateway connect failed:`, `unauthorized`: a wrong secret',
};
const logLines = 'e2e/failure-signatures/log-lines';
const notCalled: Of = { file: logLines, name: '%s: a message of a %s in which nobody is called' };
const heartbeat = 'integration/cron/heartbeat';
const leftOut: Of = { file: heartbeat, name: 'is left out: %s' };

export const signatures: readonly Provoked[] = [
  {
    shown: 'refusing to bind gateway to <host>:<port> without auth',
    file: guard,
    name: 'bind lan without a secret',
    matched: 'refusing to bind gateway to 0.0.0.0:${port} without auth (',
  },
  {
    shown: 'another gateway instance is already listening on ws://',
    ...samePort,
    matched: 'another gateway instance is already listening on ws://127.0.0.1:${first.port} (',
  },
  { shown: 'EADDRINUSE', ...samePort },
  {
    shown: 'gateway already running (pid N); lock timeout after 5000ms',
    ...sameStateDir,
    matched: 'gateway already running (pid ${first.pid}); lock timeout after 5000ms\\n',
  },
  {
    shown: 'Gateway start blocked: set gateway.mode=local',
    file: guard,
    name: 'a config for a remote gateway',
  },
  {
    shown: 'Missing config. Run `pllan setup`',
    file: guard,
    name: 'no config',
  },
  {
    shown: 'gateway restart-loop breaker tripped',
    file: 'integration/boots',
    name: 'after three crashes a gateway says so, serves all the same, and a proper end counts as one',
  },
  { shown: 'unauthorized', ...wrongSecret },
  { shown: 'gateway connect failed: ', ...wrongSecret },
  { shown: 'device identity required', file: params, name: 'node needs a device' },
  { shown: 'device nonce required', ...badIdentity },
  { shown: 'device nonce mismatch', ...badIdentity },
  { shown: 'device signature invalid', ...badIdentity },
  { shown: 'device signature expired', ...badIdentity },
  { shown: 'device identity mismatch', ...badIdentity },
  {
    shown: 'pairing required',
    file: devices,
    name: 'not-paired: waits for approval, is told so, and is let in afterwards',
    matched: 'pairing required: device is not approved yet (requestId: ${requestId})',
  },
  {
    shown: 'missing scope: ',
    file: 'integration/control/requests',
    name: '%s needs operator.read, before its params are looked at',
    matched: 'missing scope: operator.read',
  },
  { shown: 'protocol mismatch', file: params, name: '%i..%i is refused with what the gateway speaks' },
  {
    shown: 'invalid handshake: first request must be connect',
    file: 'integration/control/first-frame',
    name: 'that asks for another method is answered and closes 1008',
  },
  {
    shown: 'origin not allowed',
    file: params,
    name: 'of a strange page is refused, whatever client it claims to be, also with the right token',
    matched: 'origin not allowed (open the Control UI from the gateway host or allow it in ',
  },
  {
    shown: 'too many failed authentication attempts (retry later)',
    file: 'integration/control/failed-auth',
    name: 'AUTH_RATE_LIMITED rate_limited: is locked out after its attempts, also with the right secret, and alone',
  },
  {
    shown: 'config reload skipped (invalid config)',
    file: 'integration/config/hot-reload',
    name: 'is no config',
  },
  {
    shown: 'config change requires gateway restart',
    file: 'integration/config/modes',
    name: 'hot: what needs it is ignored, the rest of the edit counts',
  },
  {
    shown: 'slow consumer',
    file: 'integration/control/slow-reader',
    name: 'is closed when it would miss something that it must get; the others go on',
    matched: "{ code: 1008, reason: 'slow consumer' }",
  },
  {
    shown: 'service restart',
    file: 'integration/shutdown',
    name: 'finishes what was accepted, refuses what comes, tells every client, leaves nothing',
    matched: "{ code: 1012, reason: 'service restart' }",
  },
  {
    shown: 'tick timeout',
    file: connections,
    name: '`tick timeout`: a gateway that is stopped is given up with 4000, and found again',
    matched: "{ code: 4000, reason: 'tick timeout' }",
  },
  { shown: '[SECRETS_RELOADER_DEGRADED]', ...brokenSecret },
  { shown: '[SECRETS_RELOADER_RECOVERED]', ...brokenSecret },
  {
    shown: 'cron: scheduler disabled; jobs will not run automatically',
    file: 'integration/cron/crash',
    name: 'a run that a kill cuts off has ended once and is not repeated; what was missed begins once',
  },
  {
    shown: 'cron: timer tick failed',
    file: logLines,
    name: '`cron: timer tick failed`: a job that is due, and no room on the disk',
  },
  { shown: 'heartbeat skipped reason=', ...leftOut },
  ...['quiet-hours', 'alerts-disabled', 'empty-heartbeat-file'].map((reason) => ({
    shown: `\`${reason}\``,
    ...leftOut,
    matched: `['${reason}', {`,
  })),
  {
    shown: '`requests-in-flight`',
    file: heartbeat,
    name: 'is left out: requests-in-flight',
    matched: 'heartbeat skipped reason=requests-in-flight',
  },
  {
    shown: '`no-tasks-due`',
    file: heartbeat,
    name: 'has tasks of its own, each by its own clock',
    matched: 'heartbeat skipped reason=no-tasks-due',
  },
  {
    shown: 'heartbeat: unknown accountId',
    file: logLines,
    name: '`heartbeat: unknown accountId`: a heartbeat that is to go through an account that is not there',
  },
  { shown: 'drop guild message (mention required)', ...notCalled },
  { shown: 'drop group message (', ...notCalled },
  {
    shown: 'pairing request of ',
    file: logLines,
    name: '`pairing request`: a sender who is not approved',
  },
  {
    shown: 'gateway closed (1000 …): no close reason',
    file: connections,
    name: '`gateway closed (1000 …): no close reason`: a way on which the handshake takes too long',
    matched: 'gateway closed \\(1000 normal closure\\): no close reason',
  },
  {
    shown: 'gateway timeout after Nms',
    file: connections,
    name: '`gateway timeout after Nms`, `Connect: failed`: a gateway that is stopped',
    matched: 'gateway timeout after 1000ms',
  },
  { shown: 'Connect: failed', file: connections, name: '`Connect: failed`: nobody is there' },
];
