/** `tools` of the config: its scalar keys (config.md §8). */
import type convict from 'convict';
import { execLimits } from '../tools/limits.js';
import type { ToolProfile } from '../tools/definition.js';
import { toolProfiles } from '../tools/policy.js';
import { integer, oneOf, texts } from './formats.js';

export const toolProfileNames = toolProfiles.map(({ id }) => id);

export interface ToolsConfig {
  readonly profile: ToolProfile;
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  readonly exec: { readonly timeoutSec: number; readonly passEnv: readonly string[] };
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
};
