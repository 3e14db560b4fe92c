/** What the config says about an agent's heartbeats. */
import { createHash } from 'node:crypto';
import { durationMs } from '../../shared/config/duration.js';
import type { HeartbeatConfig } from '../../shared/config/heartbeat-schema.js';
import type { GatewayConfig } from '../../shared/config/load.js';

export interface HeartbeatSettings extends HeartbeatConfig {
  readonly agentId: string;
  /** Undefined: never. */
  readonly everyMs: number | undefined;
  readonly prompt: string;
}

const PROMPT =
  'This is a heartbeat: nobody has said anything. Look after what HEARTBEAT.md asks for, if it is there, and after what the system events above tell. Do not repeat what was done or said before. If nothing needs attention, answer HEARTBEAT_OK.';

export function heartbeatSettings(config: GatewayConfig, agentId: string): HeartbeatSettings {
  const own = config.agents.list.find(({ id }) => id.toLowerCase() === agentId)?.heartbeat;
  const all = { ...config.agents.defaults.heartbeat, ...own };
  return { prompt: PROMPT, ...all, agentId, everyMs: durationMs(all.every) };
}

/** The next time after `now`: agents have their own phase, so that they do not all begin at once. */
export function nextBeat({ agentId, everyMs }: HeartbeatSettings, now: number): number | undefined {
  if (everyMs === undefined) return undefined;
  const phase = createHash('sha256').update(agentId).digest().readUIntBE(0, 6) % everyMs;
  return Math.floor((now - phase) / everyMs + 1) * everyMs + phase;
}

export interface HeartbeatRow {
  readonly enabled: boolean;
  readonly every: string;
  readonly everyMs: number;
  readonly [more: string]: unknown;
}

/** As `health` tells it. */
export function heartbeatRow(settings: HeartbeatSettings, on: boolean): HeartbeatRow {
  const { everyMs, every, prompt, target, ackMaxChars, model } = settings;
  const enabled = on && everyMs !== undefined;
  return { enabled, every, everyMs: everyMs ?? 0, prompt, target, ackMaxChars, model };
}
