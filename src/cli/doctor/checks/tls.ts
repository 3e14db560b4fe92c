/** Certificate and key that the config names: there, fit for each other, in force (config.md §7 `gateway.tls`). */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { displayPath } from '../../../shared/paths.js';
import { requireUsable } from '../../../shared/tls/tls-end.js';
import { tlsFiles, type TlsFiles } from '../../../shared/tls/files.js';
import { toError } from '../../../shared/to-error.js';
import type { Check, Finding } from '../finding.js';

const DAY_MS = 86_400_000;
/** Renewals by certbot and the like come 30 days before the end: by then one has failed. */
const SOON_MS = 14 * DAY_MS;

export const tls: Check = {
  section: 'Gateway',
  find({ loaded, context: { paths } }) {
    if (!loaded.ok || loaded.config.gateway.mode !== 'local' || !loaded.config.gateway.tls.enabled) return [];
    const files = tlsFiles(loaded.config.gateway.tls, paths);
    // Of its own ones the gateway makes new ones.
    if (files.own) return [];
    const shown = displayPath(files.cert, paths.home);
    try {
      const [cert, key, ca] = [files.cert, files.key, files.ca].map((file) =>
        file === undefined ? undefined : readFileSync(file, 'utf8'),
      );
      requireUsable({ cert: cert ?? '', key: key ?? '', ca });
      return inForce(new X509Certificate(cert ?? ''), shown);
    } catch (caught) {
      return [unusable(files, toError(caught).message, paths.home)];
    }
  },
};

function unusable({ cert, key }: TlsFiles, why: string, home: string): Finding {
  return {
    code: 'tls-unusable',
    level: 'error',
    message: `${displayPath(cert, home)} and ${displayPath(key, home)} cannot be used for TLS: ${why}.`,
    advice:
      'Put a certificate and its own key there, or have the gateway make them: pllan config unset gateway.tls.certPath, and the same of gateway.tls.keyPath',
  };
}

function inForce({ validFrom, validTo }: X509Certificate, shown: string): readonly Finding[] {
  const now = Date.now();
  const left = Date.parse(validTo) - now;
  const advice = 'Renew it. A running gateway takes the new one from the same file by itself.';
  if (left <= 0)
    return [
      {
        code: 'tls-expired',
        level: 'error',
        message: `The certificate ${shown} has expired on ${validTo}.`,
        advice,
      },
    ];
  if (Date.parse(validFrom) > now)
    return [
      {
        code: 'tls-not-yet-valid',
        level: 'error',
        message: `The certificate ${shown} is not in force before ${validFrom}.`,
        advice: 'Look at the clock of this machine, or renew the certificate.',
      },
    ];
  if (left > SOON_MS) return [];
  const days = Math.floor(left / DAY_MS);
  return [
    {
      code: 'tls-expires-soon',
      level: 'warn',
      message: `The certificate ${shown} expires in ${days} day(s), on ${validTo}.`,
      advice,
    },
  ];
}
