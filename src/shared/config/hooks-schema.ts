/** `hooks` of the config: its scalar keys (config.md §8, http.md §11). */
import type convict from 'convict';
import { hookLimits } from '../hooks/limits.js';
import { integer, optional, text, texts, truth, urlPath } from './formats.js';

export interface HooksConfig {
  readonly enabled: boolean;
  readonly token: string | null;
  readonly path: string;
  readonly maxBodyBytes: number;
  readonly defaultSessionKey: string | null;
  readonly allowRequestSessionKey: boolean;
  readonly allowedSessionKeyPrefixes: readonly string[] | null;
  readonly allowedAgentIds: readonly string[] | null;
  readonly transformsDir: string | null;
}

const { bodyBytes, bodyMaxBytes } = hookLimits;

export const hooksSchema: convict.Schema<HooksConfig> = {
  enabled: { doc: 'Take web hooks.', default: false, format: truth },
  token: { ...optional(text, 'What whoever calls them has to know.'), sensitive: true },
  path: { doc: 'Where they are.', default: '/hooks', format: urlPath },
  maxBodyBytes: { doc: 'Body of a hook.', default: bodyBytes, format: integer(1, bodyMaxBytes) },
  defaultSessionKey: optional(text, 'Session of runs that name none; each has its own when it is not set.'),
  allowRequestSessionKey: { doc: 'Requests may name a session.', default: false, format: truth },
  allowedSessionKeyPrefixes: optional(
    texts,
    'What keys begin with that requests name or templates make; when not set, anything.',
  ),
  allowedAgentIds: optional(texts, 'Agents that may be named; when not set, all.'),
  transformsDir: optional(
    text,
    'Folder of transform modules; default is hooks/transforms beside the config file.',
  ),
};
