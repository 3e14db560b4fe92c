/** Which addresses a bind mode means (config.md §9.2). */
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isLoopbackAddress, isTailnetAddress } from '../../shared/auth/address.js';
import type { GatewayConfig } from '../../shared/config/load.js';
import { unreachable } from '../../shared/unreachable.js';
import { StartError } from '../start-error.js';

export interface BindPlan {
  /** Must be bound, or the gateway does not start. The first one is what clients are told. */
  readonly required: readonly string[];
  /** Bound when the system has them. */
  readonly optional: readonly string[];
  readonly loopback: boolean;
  readonly warning: string | undefined;
}

const LOOPBACK = '127.0.0.1';

/** @throws StartError when the mode cannot be had */
export async function planBind(config: GatewayConfig['gateway']): Promise<BindPlan> {
  switch (config.bind) {
    case 'loopback':
      return plan([LOOPBACK], ['::1']);
    case 'lan':
      return plan(['0.0.0.0'], []);
    case 'custom':
      if (!config.customBindHost) throw new StartError('gateway.bind=custom requires gateway.customBindHost');
      return plan([config.customBindHost], []);
    case 'tailnet': {
      const address = tailnetAddress();
      if (!address)
        return { ...plan([LOOPBACK], []), warning: 'no tailnet address found; listening on loopback only' };
      return plan([address], [LOOPBACK]);
    }
    case 'auto':
      return (await canBind(LOOPBACK)) ? plan([LOOPBACK], ['::1']) : plan(['0.0.0.0'], []);
    default:
      return unreachable(config.bind);
  }
}

function plan(required: readonly string[], optional: readonly string[]): BindPlan {
  return { required, optional, loopback: required.every(isLoopbackAddress), warning: undefined };
}

function tailnetAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.find(({ address }) => isTailnetAddress(address))?.address;
}

function canBind(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(0, host, () => probe.close(() => resolve(true)));
  });
}
