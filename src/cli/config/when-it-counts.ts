/** What people are told who have written the config: whether a running gateway takes it over by itself. */
import type { LoadedConfig } from '../../shared/config/load.js';
import { parsePath } from '../../shared/config/path.js';
import { reloadPlan } from '../../shared/config/reload/plan.js';

export function whenItCounts(changedPaths: readonly string[], { config }: LoadedConfig): string {
  const paths = changedPaths.map((path) => parsePath(path) ?? []);
  const { outcome, ignored } = reloadPlan(paths, config.gateway.reload.mode);
  const live = (outcome === 'apply' || outcome === 'swap') && ignored.length === 0;
  return live ? 'The change is hot-applied.' : 'Restart the gateway to apply.';
}
