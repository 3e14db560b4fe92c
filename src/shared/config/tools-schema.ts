/** `tools` of the config: its scalar keys (config.md §8). */
import type convict from 'convict';
import { execLimits, toolLimits, toolRunLimits } from '../tools/limits.js';
import type { ToolProfile } from '../tools/definition.js';
import { toolProfiles } from '../tools/policy.js';
import { sessionVisibilities, type SessionVisibility, type WebSettings } from '../tools/settings.js';
import { integer, oneOf, texts } from './formats.js';

export const toolProfileNames = toolProfiles.map(({ id }) => id);

export interface ToolsConfig {
  readonly profile: ToolProfile;
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  readonly exec: { readonly timeoutSec: number; readonly passEnv: readonly string[] };
  readonly web: WebSettings;
  readonly sessions: { readonly visibility: SessionVisibility };
}

const { timeoutSec, timeoutMaxSec } = execLimits;

export const toolsSchema: convict.Schema<ToolsConfig> = {
  profile: {
    doc: 'Tools that agents have unasked; "minimal" is what reads sessions.',
    default: 'minimal',
    format: oneOf(toolProfileNames),
  },
  allow: {
    doc: 'Tools that they have besides: names, "group:fs", patterns with *.',
    default: [],
    format: texts,
  },
  deny: { doc: 'Tools that they do not have, whatever else says so.', default: [], format: texts },
  exec: {
    timeoutSec: {
      doc: 'Seconds after which a command is ended; a call can have less, not more.',
      default: timeoutSec,
      format: integer(1, timeoutMaxSec),
    },
    passEnv: {
      doc: 'Variables of the gateway that commands see besides the usual ones, such as PATH.',
      default: [],
      format: texts,
    },
  },
  web: {
    maxBytes: {
      doc: 'Of a page that is fetched, after decompression.',
      default: toolLimits.webDefaultBytes,
      format: integer(1, toolLimits.webBytes),
    },
    maxChars: {
      doc: 'Of the text that is made of it; a call can have less, not more.',
      default: toolLimits.webDefaultChars,
      format: integer(1, toolLimits.webChars),
    },
    timeoutMs: {
      doc: 'For all of it, redirects included.',
      default: toolLimits.webTimeoutMs,
      format: integer(1, toolRunLimits.timeoutMs),
    },
  },
  sessions: {
    visibility: {
      doc: 'Sessions that tools of an agent tell of: its own, or those of "all" agents.',
      default: 'agent',
      format: oneOf(sessionVisibilities),
    },
  },
};
