/**
 * Keeps the gateway's certificate: makes one where none is configured, and watches its files. What cannot be used
 * never takes the place of what can.
 */
import { randomBytes, X509Certificate } from 'node:crypto';
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { hostname } from 'node:os';
import type { TlsConfig } from '../../shared/config/tls-schema.js';
import { tlsLimits } from '../../shared/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import type { Paths } from '../../shared/paths.js';
import { makePrivateDir, writePrivateFile } from '../../shared/private-file.js';
import { tlsFiles, type TlsFiles } from '../../shared/tls/files.js';
import { plainFingerprint } from '../../shared/tls/fingerprint.js';
import { requireUsable, type TlsMaterial } from '../../shared/tls/tls-end.js';
import { toError } from '../../shared/to-error.js';
import type { StartPlan } from '../config/start-plan.js';
import { StartError } from '../start-error.js';
import { makeSelfSigned } from './self-signed.js';

export interface TlsKeeper {
  readonly current: TlsMaterial;
  /** File of a certificate that the gateway made itself, so that only those trust it who know it. */
  readonly ownCertificate: string | undefined;
  /** Calls with what is to be used from now on, each time that the files changed. */
  watch(changed: (material: TlsMaterial) => void): void;
  stop(): void;
}

export interface TlsKeeperOptions {
  readonly tls: TlsConfig;
  readonly paths: Paths;
  /** Addresses that are listened on. */
  readonly addresses: readonly string[];
  readonly log: Logger;
}

const DAY_MS = 86_400_000;

/** The one that a start needs: none where `gateway.tls` is not enabled. @throws StartError */
export async function openTls(
  { config, bind }: Pick<StartPlan, 'config' | 'bind'>,
  paths: Paths,
  log: Logger,
): Promise<TlsKeeper | undefined> {
  const { tls } = config.gateway;
  return tls.enabled ? openTlsKeeper({ tls, paths, addresses: bind.required, log }) : undefined;
}

/** @throws StartError when there is no certificate that can be used */
export async function openTlsKeeper({ tls, paths, addresses, log }: TlsKeeperOptions): Promise<TlsKeeper> {
  const files = tlsFiles(tls, paths);
  const ticketKeys = randomBytes(48);
  const names = ['localhost', '127.0.0.1', '::1', hostname(), ...addresses.filter(isSpecific)];
  const renewOwn = async (): Promise<void> => {
    if (!files.own || !isNearItsEnd(files)) return;
    const made = await makeSelfSigned(names, new Date());
    makePrivateDir(paths.tlsDir);
    writePrivateFile(files.key, made.key);
    writePrivateFile(files.cert, made.cert);
    log.info('tls.generated', `made a self-signed certificate: ${files.cert}`, facts(made.cert));
  };
  const load = (): TlsMaterial => ({ ...readMaterial(files), ticketKeys });

  let current: TlsMaterial;
  try {
    await renewOwn();
    current = load();
  } catch (caught) {
    throw new StartError(
      `gateway.tls: certificate ${files.cert} and key ${files.key} cannot be used: ${toError(caught).message}`,
    );
  }
  warnOfItsEnd(current.cert, log);

  const watched = [files.cert, files.key, ...(files.ca === undefined ? [] : [files.ca])];
  let settling: NodeJS.Timeout | undefined;
  let renewals: NodeJS.Timeout | undefined;
  return {
    get current() {
      return current;
    },
    ownCertificate: files.own ? files.cert : undefined,
    watch(changed) {
      const reload = (): void => {
        try {
          const next = load();
          if (next.cert === current.cert && next.key === current.key && next.ca === current.ca) return;
          current = next;
          changed(next);
          log.info('tls.reloaded', 'new handshakes get the new certificate', facts(next.cert));
          warnOfItsEnd(next.cert, log);
        } catch (caught) {
          log.error(
            'tls.reload-failed',
            `the changed certificate cannot be used, the one before stays: ${toError(caught).message}`,
            { cert: files.cert },
          );
        }
      };
      const noticed = (): void => {
        clearTimeout(settling);
        settling = setTimeout(reload, tlsLimits.settleMs);
      };
      for (const path of watched) watchFile(path, { interval: tlsLimits.pollMs, persistent: false }, noticed);
      renewals = setInterval(() => {
        renewOwn().catch((caught: unknown) =>
          log.error('tls.renewal-failed', `the certificate could not be renewed: ${toError(caught).message}`),
        );
      }, tlsLimits.renewCheckMs).unref();
    },
    stop() {
      clearTimeout(settling);
      clearInterval(renewals);
      for (const path of watched) unwatchFile(path);
    },
  };
}

/** @throws what is wrong with them */
function readMaterial({ cert, key, ca }: TlsFiles): Omit<TlsMaterial, 'ticketKeys'> {
  const material = {
    cert: readFileSync(cert, 'utf8'),
    key: readFileSync(key, 'utf8'),
    ca: ca === undefined ? undefined : readFileSync(ca, 'utf8'),
  };
  requireUsable(material);
  return material;
}

/** Also when there is none, or none that can be used. */
function isNearItsEnd(files: TlsFiles): boolean {
  try {
    return daysLeft(readMaterial(files).cert) < tlsLimits.renewDays;
  } catch (caught) {
    void toError(caught); // our own file, and another one is made for it
    return true;
  }
}

function daysLeft(cert: string): number {
  return (Date.parse(new X509Certificate(cert).validTo) - Date.now()) / DAY_MS;
}

function warnOfItsEnd(cert: string, log: Logger): void {
  const days = daysLeft(cert);
  if (days > 7) return;
  const when = days < 0 ? 'has expired' : `expires in ${Math.ceil(days)} days`;
  log.warn('tls.expiry', `the certificate ${when}`, facts(cert));
}

function facts(cert: string): { readonly sha256: string; readonly validTo: string } {
  const { fingerprint256, validTo } = new X509Certificate(cert);
  return { sha256: plainFingerprint(fingerprint256), validTo };
}

function isSpecific(address: string): boolean {
  return address !== '0.0.0.0' && address !== '::';
}
