/** Checks the form of option values that people type; what is wrong is said in one fixed line (cli.md §2, config.md §9). */
import {
  authModes,
  bindModes,
  logLevels,
  type AuthMode,
  type BindMode,
  type LogLevel,
} from '../shared/config/schema.js';
import { tailscaleModes, type TailscaleMode } from '../shared/config/tailscale-schema.js';
import { thinkingLevelOf, thinkingLevels, type ThinkingLevel } from '../shared/thinking.js';
import { toError } from '../shared/to-error.js';
import type { ParsedOptions } from './command.js';
import { clientLimits } from './limits.js';
import { isRecord } from './record.js';
import { UserError } from './user-error.js';

/** @throws UserError */
export function readPort(value: string): number {
  const port = Number(value);
  if (!/^\d{1,5}$/.test(value) || port < 1 || port > 65_535) throw new UserError('Invalid port');
  return port;
}

/** For what is written into a config, where nothing means something else. @throws UserError */
export function readText({ text }: Pick<ParsedOptions, 'text'>, name: string): string | undefined {
  const value = text(name);
  if (value === undefined || value.trim() !== '') return value;
  throw new UserError(`--${name} is empty.`);
}

/** @throws UserError */
export function readBindMode(value: string): BindMode {
  const mode = bindModes.find((known) => known === value);
  if (mode) return mode;
  throw new UserError('Invalid --bind (use "loopback", "lan", "tailnet", "auto", or "custom")');
}

/** @throws UserError */
export function readAuthMode(value: string): AuthMode {
  const mode = authModes.find((known) => known === value);
  if (mode) return mode;
  throw new UserError(`Invalid --auth (use ${alternatives(authModes)})`);
}

/** @throws UserError */
export function readTailscaleMode(value: string): TailscaleMode {
  const mode = tailscaleModes.find((known) => known === value);
  if (mode) return mode;
  throw new UserError(`Invalid --tailscale (use ${alternatives(tailscaleModes)})`);
}

/** @throws UserError */
export function readLogLevel(value: string): LogLevel {
  const level = logLevels.find((known) => known === value);
  if (level) return level;
  throw new UserError(`Invalid --log-level (use ${alternatives(logLevels)})`);
}

/** @throws UserError */
export function readThinking(value: string | undefined): ThinkingLevel | undefined {
  const level = thinkingLevelOf(value);
  if (value === undefined || level !== undefined) return level;
  throw new UserError(`Invalid --thinking (use ${alternatives(thinkingLevels)})`);
}

/** @throws UserError */
export function readTimeoutMs(value: string | undefined): number {
  if (value === undefined) return clientLimits.timeoutMs;
  const timeoutMs = Number(value);
  if (!/^\d+$/.test(value) || timeoutMs < 1 || timeoutMs > clientLimits.maxTimeoutMs) {
    throw new UserError('Invalid --timeout (use a number of milliseconds)');
  }
  return timeoutMs;
}

/** The JSON object that an RPC method is given; none is an empty one. @throws UserError */
export function readParams(value: string | undefined): object {
  if (value === undefined) return {};
  let params: unknown;
  try {
    params = JSON.parse(value);
  } catch (caught) {
    throw new UserError(`Invalid --params (not JSON: ${toError(caught).message})`);
  }
  if (!isRecord(params)) throw new UserError('Invalid --params (use a JSON object)');
  return params;
}

function alternatives(words: readonly string[]): string {
  const quoted = words.map((word) => `"${word}"`);
  return `${quoted.slice(0, -1).join(', ')}, or ${quoted.at(-1)}`;
}
