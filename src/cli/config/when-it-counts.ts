/** What people are told who have written the config: whether it counts by itself, and what a gateway that runs made of it. */
import type { LoadedConfig } from '../../shared/config/load.js';
import { parsePath } from '../../shared/config/path.js';
import { reloadPlan } from '../../shared/config/reload/plan.js';
import { startRefusal } from '../../shared/config/start-refusals.js';
import { plainText } from '../output/plain-text.js';
import type { TakenOver } from './taken-over.js';

export interface WhenItCounts {
  readonly text: string;
  /** What there is to add. */
  readonly note?: string;
}

export function whenItCounts(
  changedPaths: readonly string[],
  loaded: LoadedConfig,
  taken: TakenOver | undefined,
): WhenItCounts {
  switch (taken?.outcome) {
    case 'restart':
      return {
        text: 'Restart the gateway to apply.',
        note: 'The gateway that runs restarts by itself for it.',
      };
    case 'invalid':
    case 'rejected':
    case 'failed':
      return {
        text: 'It is not applied.',
        note: `The gateway that runs keeps what it had: ${plainText(taken.why ?? 'see its log')}`,
      };
    case 'waiting':
      return {
        text: 'It is not applied yet.',
        note: 'The gateway that runs has not looked at it: see pllan logs.',
      };
    case 'applied':
      return { text: byItself(changedPaths, loaded) };
    case undefined:
    case 'off': {
      const refusal = startRefusal(loaded);
      if (refusal === undefined) return { text: byItself(changedPaths, loaded) };
      return { text: 'It is not applied.', note: `No gateway starts with it: ${refusal}` };
    }
  }
}

function byItself(changedPaths: readonly string[], { config }: LoadedConfig): string {
  const paths = changedPaths.map((path) => parsePath(path) ?? []);
  const { outcome, ignored } = reloadPlan(paths, config.gateway.reload.mode);
  const live = (outcome === 'apply' || outcome === 'swap') && ignored.length === 0;
  return live ? 'The change is hot-applied.' : 'Restart the gateway to apply.';
}
