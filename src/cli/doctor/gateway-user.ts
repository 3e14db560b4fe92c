/** Whose files a gateway's are: this user's; root looks after those of others. */
import { statSync } from 'node:fs';
import type { Paths } from '../../shared/paths.js';

/** -1 on Windows. */
export function gatewayUser({ stateDir }: Pick<Paths, 'stateDir'>): number {
  const me = process.getuid?.() ?? -1;
  return me === 0 ? (statSync(stateDir, { throwIfNoEntry: false })?.uid ?? me) : me;
}
