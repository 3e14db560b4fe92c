/** What the gateway that runs makes of a config that was just written; it is asked until it has looked (config.md §12). */
import { setTimeout as sleep } from 'node:timers/promises';
import { liveOwner } from '../../shared/instance-lock.js';
import type { LoadedConfig } from '../../shared/config/load.js';
import { deviceOf, connectTo } from '../client/call.js';
import { deadlineIn } from '../client/deadline.js';
import { GatewayError } from '../client/errors.js';
import { localTarget } from '../client/target.js';
import type { CommandContext } from '../command.js';
import { takeOverLimits } from '../limits.js';
import { recordOf, textOf } from '../record.js';
import { openCliConfig } from './cli-config.js';

const outcomes = ['applied', 'off', 'restart', 'invalid', 'rejected', 'failed'] as const;

export interface TakenOver {
  /** `waiting`: it has not looked yet. */
  readonly outcome: (typeof outcomes)[number] | 'waiting';
  readonly why?: string | undefined;
}

/** Close code of a gateway that restarts (protocol.md §16). */
const RESTARTS = 1012;

/** With other credentials or another certificate than the gateway has, it cannot be asked. */
const asksOtherwise = /^gateway\.(?:auth|tls)\b/;

/** Undefined when none runs with this config, or it does not tell. */
export async function takenOver(
  { env, paths, output }: CommandContext,
  changedPaths: readonly string[],
  { config, source }: LoadedConfig,
): Promise<TakenOver | undefined> {
  const owner = liveOwner(paths.stateDir);
  const { mode, debounceMs } = config.gateway.reload;
  if (owner?.configPath !== paths.configPath || mode === 'off') return undefined;
  if (changedPaths.some((path) => asksOtherwise.test(path))) return undefined;
  const deadline = deadlineIn(debounceMs + takeOverLimits.mostMs);
  try {
    const sources = { env, paths, config: await openCliConfig(env, paths) };
    const target = localTarget({ port: owner.port, token: undefined, password: undefined }, sources);
    const device = deviceOf({ sources, note: (line) => output.note(line) });
    const client = await connectTo(target, device, deadline);
    try {
      while (deadline.remainingMs() > 0) {
        const { lastReload } = recordOf(await client.request('config.get', {}, deadline));
        const { revision, outcome, why } = recordOf(lastReload);
        const known = outcomes.find((one) => one === outcome);
        if (!known) return undefined;
        if (revision === source.revision) return { outcome: known, why: textOf(why) };
        await sleep(takeOverLimits.pollMs);
      }
      return { outcome: 'waiting' };
    } finally {
      client.close();
    }
  } catch (caught) {
    if (caught instanceof GatewayError && caught.close?.code === RESTARTS) return { outcome: 'restart' };
    return undefined; // it has been written all the same
  }
}
