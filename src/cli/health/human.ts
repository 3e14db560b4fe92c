/** A health snapshot for people (cli.md §7). The gateway may be newer or older: what is not there is left out. */
import { healthLimits } from '../limits.js';
import type { Style } from '../output/style.js';
import { plainText } from '../output/plain-text.js';
import { recordOf, recordsOf, textOf as rawTextOf, type Facts } from '../record.js';
import { formatAge } from '../output/age.js';
import { degradedSecretLines } from './degraded-secrets.js';

export function healthLines(snapshot: unknown, style: Style): string[] {
  const facts = recordOf(snapshot);
  return [
    ...channelLines(facts, style),
    ...agentLines(facts),
    ...sessionLines(facts),
    ...workerLines(facts, style),
    ...eventLoopLines(facts, style),
    ...degradedSecretLines(facts.degradedSecretOwners).map((line) => `Secrets: ${style.warn(line)}`),
  ];
}

function channelLines(facts: Facts, style: Style): string[] {
  const channels = recordOf(facts.channels);
  const labels = recordOf(facts.channelLabels);
  const order = Array.isArray(facts.channelOrder) ? facts.channelOrder.map(String) : Object.keys(channels);
  return order.map((id) => {
    const label = textOf(labels[id]) ?? plainText(id);
    return `${label}: ${channelState(recordOf(channels[id]), style)}`;
  });
}

/** `ok (@bot) (80ms)` · `not configured` · `failed (401) - unauthorized` */
function channelState(channel: Facts, style: Style): string {
  if (channel.configured === false) return 'not configured';
  const probe = recordOf(channel.probe);
  const elapsed = typeof probe.elapsedMs === 'number' ? ` (${probe.elapsedMs}ms)` : '';
  const bot = textOf(recordOf(probe.bot).username);
  if (probe.ok === true) return `${style.good('ok')}${bot === undefined ? '' : ` (@${bot})`}${elapsed}`;
  if (probe.ok === false) {
    const status = typeof probe.status === 'number' ? ` (${probe.status})` : '';
    return `${style.bad('failed')}${status} - ${textOf(probe.error) ?? 'unknown error'}`;
  }
  if (channel.linked === false) return style.warn('not linked');
  return channel.running === false ? style.warn('configured, not running') : 'configured';
}

function agentLines(facts: Facts): string[] {
  const agents = recordsOf(facts.agents);
  if (agents.length === 0) return [];
  const names = agents.map(
    (agent) => `${textOf(agent.agentId) ?? '?'}${agent.isDefault === true ? ' (default)' : ''}`,
  );
  const beats = agents.flatMap((agent) => {
    const { enabled, every } = recordOf(agent.heartbeat);
    const interval = enabled === false ? 'disabled' : textOf(every);
    return interval === undefined ? [] : [`${interval} (${textOf(agent.agentId) ?? '?'})`];
  });
  return [
    `Agents: ${names.join(', ')}`,
    ...(beats.length > 0 ? [`Heartbeat interval: ${beats.join(', ')}`] : []),
  ];
}

function sessionLines(facts: Facts): string[] {
  const { path, count, recent } = recordOf(facts.sessions);
  const store = textOf(path);
  if (store === undefined) return [];
  const agent = textOf(facts.defaultAgentId) ?? 'main';
  const entries = typeof count === 'number' ? count : 0;
  const newest = recordsOf(recent).slice(0, healthLimits.recentSessions);
  return [
    `Session store (${agent}): ${store} (${entries} ${entries === 1 ? 'entry' : 'entries'})`,
    ...newest.map(
      ({ key, age }) => `- ${textOf(key) ?? '?'}${typeof age === 'number' ? ` (${formatAge(age)} ago)` : ''}`,
    ),
  ];
}

function workerLines(facts: Facts, style: Style): string[] {
  const { configured, ready, degraded } = recordOf(facts.workers);
  if (typeof configured !== 'number' || typeof ready !== 'number') return [];
  return [
    `Workers: ${ready} of ${configured} ready${degraded === true ? ` ${style.bad('(degraded)')}` : ''}`,
  ];
}

function eventLoopLines(facts: Facts, style: Style): string[] {
  const { degraded, reasons } = recordOf(facts.eventLoop);
  if (degraded !== true) return [];
  const why =
    Array.isArray(reasons) && reasons.length > 0
      ? ` (${reasons.map((reason) => plainText(String(reason))).join(', ')})`
      : '';
  return [`Event loop: ${style.bad('degraded')}${why}`];
}

/** Text of a gateway, which may be anybody's. */
function textOf(value: unknown): string | undefined {
  const text = rawTextOf(value);
  return text === undefined ? undefined : plainText(text);
}
