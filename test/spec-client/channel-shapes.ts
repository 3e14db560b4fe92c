/** Shapes of what is told of channels. */
import * as v from 'valibot';
import { maybe, moment, natural, nullable, text, texts } from './primitives.js';

/** Milliseconds since the epoch of what may not have happened yet. */
const sometime = nullable(moment);
const Probe = v.looseObject({ ok: v.boolean(), error: maybe(v.string()), elapsedMs: maybe(natural) });
const ChannelAccount = v.looseObject({
  accountId: text,
  name: maybe(text),
  enabled: v.boolean(),
  configured: v.boolean(),
  linked: v.boolean(),
  running: v.boolean(),
  connected: v.boolean(),
  reconnectAttempts: natural,
  lastConnectedAt: sometime,
  lastError: nullable(text),
  lastStartAt: sometime,
  lastStopAt: sometime,
  lastInboundAt: sometime,
  lastOutboundAt: sometime,
  lastProbeAt: sometime,
  mode: maybe(text),
  tokenSource: text,
  probe: maybe(Probe),
  deliveries: maybe(v.looseObject({ waiting: natural, failed: natural, unknown: natural })),
});
const channelKeys = { configured: v.boolean(), running: v.boolean(), lastError: nullable(text) };
export const ChannelBlock = v.looseObject({
  ...channelKeys,
  linked: v.boolean(),
  accounts: v.record(v.string(), ChannelAccount),
});

export const ChannelsStatus = v.looseObject({
  ts: moment,
  channelOrder: texts,
  channelLabels: v.record(v.string(), text),
  channelDetailLabels: v.record(v.string(), text),
  channelMeta: v.array(v.looseObject({ id: text, label: text, detailLabel: text })),
  channels: v.record(v.string(), v.looseObject(channelKeys)),
  channelAccounts: v.record(v.string(), v.array(ChannelAccount)),
  channelDefaultAccountId: v.record(v.string(), text),
  partial: maybe(v.literal(true)),
  warnings: maybe(v.array(v.string())),
});
