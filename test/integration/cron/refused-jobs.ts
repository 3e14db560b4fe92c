/** What no job can be, and what its maker is told. */
import { event } from './jobs.js';

export const refusedJobs: readonly (readonly [object, string])[] = [
  [{ schedule: { kind: 'at', at: 'soon' } }, 'schedule.at must be an ISO 8601 time'],
  [
    { schedule: { kind: 'cron', expr: '61 * * * *' } },
    'schedule.expr is not valid: Invalid value for minute: 61',
  ],
  [{ schedule: { kind: 'cron', expr: '* * * * *', tz: 'X/Y' } }, 'schedule.tz "X/Y" is no time zone'],
  [
    { schedule: { kind: 'on-exit', command: 'x' } },
    'at /schedule/kind: must be one of "at", "every", "cron"',
  ],
  [
    { payload: { kind: 'command', command: 'x' } },
    'at /payload/kind: must be one of "systemEvent", "agentTurn"',
  ],
  [{ payload: { kind: 'heartbeat' } }, 'at /payload/kind: must be one of "systemEvent", "agentTurn"'],
  [{ sessionTarget: 'main' }, 'sessionTarget "main" needs payload.kind "systemEvent"'],
  [
    { payload: { kind: 'systemEvent', text: 'Rain' } },
    'payload.kind "systemEvent" needs sessionTarget "main"',
  ],
  [{ sessionTarget: 'current' }, 'sessionTarget "current" needs sessionKey'],
  [{ sessionTarget: 'elsewhere' }, 'at /sessionTarget: must match'],
  [{ agentId: 'nobody' }, 'unknown agent id "nobody"'],
  [{ delivery: { mode: 'webhook' } }, 'delivery.mode "webhook" needs delivery.to, an http or https URL'],
  [{ delivery: { mode: 'webhook', to: 'file:///etc' } }, 'delivery.mode "webhook" needs delivery.to'],
  [
    { delivery: { mode: 'announce', channel: 'nowhere', to: '7' } },
    'delivery.channel "nowhere" is no channel that can be sent to: use last, owner or one of irc, telegram, webhook',
  ],
  [
    { delivery: { mode: 'announce', channel: 'IRC', to: '#a' } },
    'delivery.channel "irc" is not configured: run pllan channels add --channel irc',
  ],
  [
    { delivery: { mode: 'announce', channel: 'webhook', to: '7', accountId: 'work' } },
    'delivery.accountId "work" is no account of webhook: it has default',
  ],
  [{ ...event, delivery: { mode: 'announce' } }, 'delivery.mode "announce" needs payload.kind "agentTurn"'],
  [{ failureAlert: { channel: 'telegram', to: '7' } }, 'failureAlert.channel "telegram" is not configured'],
  [{ surprise: 1 }, "at root: unexpected property 'surprise'"],
  [{ state: {} }, "at root: unexpected property 'state'"],
];
