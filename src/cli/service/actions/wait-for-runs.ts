/** `--wait`: the gateway is left alone until nothing is under way, or for so long. */
import { setTimeout as sleep } from 'node:timers/promises';
import { durationMs } from '../../../shared/config/duration.js';
import { callGateway, type GatewayAccess } from '../../client/call.js';
import { serviceLimits } from '../../limits.js';
import { recordOf } from '../../record.js';
import { UserError } from '../../user-error.js';

/** `10s`, `5m`, `500ms`, or milliseconds as a number; 0 for ever. @throws UserError */
export function readWait(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) : durationMs(value);
  if (ms !== undefined && Number.isFinite(ms) && ms >= 0) return ms;
  throw new UserError('Invalid --wait (use a duration such as 30s or 5m, or 0 for no limit)');
}

/** A gateway that cannot be asked is not waited for. */
export async function waitForRuns(access: GatewayAccess, limitMs: number): Promise<void> {
  const end = limitMs === 0 ? Number.POSITIVE_INFINITY : performance.now() + limitMs;
  while (performance.now() < end) {
    try {
      const answer = await callGateway(access, { method: 'gateway.restart.preflight', params: {} });
      if (recordOf(answer).safe !== false) return;
    } catch (caught) {
      if (!(caught instanceof UserError)) throw caught;
      access.note(`Not waited for runs: ${caught.message}`);
      return;
    }
    await sleep(serviceLimits.waitPollMs);
  }
}
