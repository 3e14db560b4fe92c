/** Says once that there is a proxy whose headers are ignored: it is mostly one that nobody configured. */
import type { Logger } from '../../shared/log/logger.js';

/** @returns called with the address of each peer that sends them */
export function createProxyWarning(log: Logger): (peer: string) => void {
  let told = false;
  return (peer) => {
    if (told) return;
    told = true;
    log.warn(
      'port.untrusted-proxy',
      `forwarding headers from ${peer} are ignored, and its clients share one address; if it is your proxy, add it to gateway.trustedProxies`,
      { peer },
    );
  };
}
