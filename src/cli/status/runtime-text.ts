/** A service's runtime in one line: `running (pid 4242, state active, sub running, last exit 0, reason 0)` (cli.md §3). */
import type { ServiceRuntime } from '../service/manager.js';

export function runtimeText({ status, ...facts }: ServiceRuntime): string {
  const { pid, state, subState, lastExitStatus, lastExitReason, detail } = facts;
  const parts = [
    pid === undefined ? undefined : `pid ${pid}`,
    state === undefined ? undefined : `state ${state}`,
    subState === undefined ? undefined : `sub ${subState}`,
    lastExitStatus === undefined ? undefined : `last exit ${lastExitStatus}`,
    lastExitReason === undefined ? undefined : `reason ${lastExitReason}`,
    detail,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? status : `${status} (${parts.join(', ')})`;
}
