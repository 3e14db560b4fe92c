/**
 * Tailscale Serve or Funnel in front of the gateway (operations.md §9). The gateway works without: what goes wrong is a
 * warning, and nobody waits for it.
 *
 *   off ──start──▶ asking the command ──done──▶ exposed ──stop──▶ undone where that is wanted
 *                          └──failed──▶ not exposed; said once
 */
import type { TailscaleConfig } from '../../shared/config/tailscale-schema.js';
import { isRecord } from '../../shared/is-record.js';
import { tailscaleLimits } from '../../shared/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import { toError } from '../../shared/to-error.js';
import { runTailscale, type RunTailscale } from './tailscale-command.js';

export interface ExposureOptions {
  readonly settings: TailscaleConfig;
  readonly port: number;
  /** The gateway speaks TLS itself, with whatever certificate. */
  readonly tls: boolean;
  readonly log: Logger;
  readonly run?: RunTailscale;
}

export interface Exposure {
  start(): void;
  stop(): Promise<void>;
}

export function createExposure({ settings, port, tls, log, run = runTailscale }: ExposureOptions): Exposure {
  const { mode, resetOnExit } = settings;
  const target = tls ? `https+insecure://127.0.0.1:${port}` : String(port);
  let exposing: Promise<boolean> | undefined;

  const expose = async (): Promise<boolean> => {
    try {
      await run([mode, '--bg', '--yes', target], tailscaleLimits.exposeMs);
    } catch (caught) {
      const message = `tailscale ${mode} failed: ${toError(caught).message}; the gateway goes on without it`;
      log.warn('tailscale.failed', message);
      return false;
    }
    const name = await ownName(run);
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
        await run([mode, 'reset'], tailscaleLimits.resetMs);
        log.info('tailscale.reset', `tailscale ${mode} undone`);
      } catch (caught) {
        log.warn('tailscale.reset-failed', `tailscale ${mode} reset failed: ${toError(caught).message}`);
      }
    },
  };
}

/** As other machines of the tailnet know this one; undefined when it cannot be found out, which nobody needs. */
async function ownName(run: RunTailscale): Promise<string | undefined> {
  try {
    const status: unknown = JSON.parse(await run(['status', '--json'], tailscaleLimits.statusMs));
    const self = isRecord(status) && isRecord(status.Self) ? status.Self : {};
    return typeof self.DNSName === 'string' ? self.DNSName.replace(/\.$/, '') : undefined;
  } catch {
    return undefined; // an older command, or one that was in a hurry
  }
}
