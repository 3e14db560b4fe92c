/**
 * Tailscale Serve or Funnel in front of the gateway (operations.md §9). The gateway works without: what goes wrong is a
 * warning, and nobody waits for it.
 *
 *   off ──start──▶ asking the command ──done──▶ exposed ──stop──▶ undone where that is wanted
 *                          └──failed──▶ not exposed; said once
 */
import type { StartPlan } from '../config/start-plan.js';
import type { TailscaleConfig } from '../../shared/config/tailscale-schema.js';
import type { GatewayFlags } from '../../shared/gateway-options.js';
import { isRecord } from '../../shared/is-record.js';
import { tailscaleLimits } from '../../shared/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import { toError } from '../../shared/to-error.js';
import { runTailscale } from './tailscale-command.js';

interface ExposureOptions {
  readonly settings: TailscaleConfig;
  readonly port: number;
  /** The gateway speaks TLS itself, with whatever certificate. */
  readonly tls: boolean;
  readonly log: Logger;
}

export interface Exposure {
  start(): void;
  stop(): Promise<void>;
}

/** As the config and the command line say. */
export function openExposure({ config, port }: StartPlan, flags: GatewayFlags, log: Logger): Exposure {
  const { mode, resetOnExit } = config.gateway.tailscale;
  const settings = { mode, resetOnExit: resetOnExit || flags.tailscaleResetOnExit };
  return createExposure({ settings, port, tls: config.gateway.tls.enabled, log });
}

function createExposure({ settings, port, tls, log }: ExposureOptions): Exposure {
  const { mode, resetOnExit } = settings;
  const target = tls ? `https+insecure://127.0.0.1:${port}` : String(port);
  let exposing: Promise<boolean> | undefined;

  const expose = async (): Promise<boolean> => {
    try {
      await runTailscale([mode, '--bg', '--yes', target], tailscaleLimits.exposeMs);
    } catch (caught) {
      const message = `tailscale ${mode} failed: ${toError(caught).message}; the gateway goes on without it`;
      log.warn('tailscale.failed', message);
      return false;
    }
    const name = await ownName();
    const where = name === undefined ? '' : `: https://${name}/`;
    log.info('tailscale.exposed', `tailscale ${mode} enabled${where}`, { mode });
    return true;
  };
  return {
    start() {
      if (mode !== 'off') exposing = expose();
    },
    async stop() {
      if (!resetOnExit || !(await exposing)) return;
      try {
        await runTailscale([mode, 'reset'], tailscaleLimits.resetMs);
        log.info('tailscale.reset', `tailscale ${mode} undone`);
      } catch (caught) {
        log.warn('tailscale.reset-failed', `tailscale ${mode} reset failed: ${toError(caught).message}`);
      }
    },
  };
}

/** As other machines of the tailnet know this one; undefined when it cannot be found out, which nobody needs. */
async function ownName(): Promise<string | undefined> {
  try {
    const status: unknown = JSON.parse(await runTailscale(['status', '--json'], tailscaleLimits.statusMs));
    const self = isRecord(status) && isRecord(status.Self) ? status.Self : {};
    return typeof self.DNSName === 'string' ? self.DNSName.replace(/\.$/, '') : undefined;
  } catch {
    return undefined; // an older command, or one that was in a hurry
  }
}
