/** Credentials of providers beside `models.providers.*.apiKey`, and how long a refused one rests (config.md §8). */
import type convict from 'convict';
import * as v from 'valibot';
import type { CooldownTimes } from '../routes.js';
import { integer } from './formats.js';

const WEEK_MS = 7 * 86_400_000;

const time = (doc: string, ms: number): convict.SchemaObj<number> => ({
  doc,
  default: ms,
  format: integer(1, WEEK_MS),
});

export interface AuthConfig {
  readonly cooldowns: CooldownTimes;
}

export const authSchema: convict.Schema<AuthConfig> = {
  cooldowns: {
    firstMs: time('Rest of a credential after a 429 or an overload that names no time.', 60_000),
    maxMs: time(
      'Most that it grows to, five times as long each time, and most that a provider may ask for.',
      3_600_000,
    ),
    authFirstMs: time('Rest of a credential that the provider refused.', 600_000),
    authMaxMs: time('Most that it grows to.', 14_400_000),
  },
};

const text = v.pipe(v.string(), v.minLength(1));

/** `oauth` profiles are accepted and not used: nothing here obtains their tokens. */
export const AuthProfile = v.strictObject({
  provider: text,
  mode: v.picklist(['api_key', 'token', 'oauth']),
  email: v.exactOptional(text),
  /** Of mode `api_key`. */
  key: v.exactOptional(text),
  /** Of mode `token`. */
  token: v.exactOptional(text),
});

export const AuthOrder = v.array(text);

export type AuthProfileConfig = v.InferOutput<typeof AuthProfile>;

/** By agent, then by the id of the profile. */
export type AgentProfiles = ReadonlyMap<string, ReadonlyMap<string, AuthProfileConfig>>;
