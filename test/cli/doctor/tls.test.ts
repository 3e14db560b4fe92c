/** What `pllan doctor` says of the certificate that the config names (cli.md §12). */
import { expect, it } from 'vitest';
import { makeSelfSigned, type SelfSigned } from '../../../src/primary/tls/self-signed.js';
import { tlsLimits } from '../../../src/shared/limits.js';
import { doctor, install, sound, writePrivate } from './installation.js';

const DAY_MS = 86_400_000;
const tls = { mode: 'local', port: 1, tls: { enabled: true, certPath: '~/cert.pem', keyPath: '~/key.pem' } };

it('tells of one that is for another key, or not in force', async () => {
  const site = install({ ...sound, gateway: tls });
  const found = async (madeAt: number, keyOf = madeAt): Promise<unknown> => {
    const [{ cert }, { key }] = [await made(madeAt), await made(keyOf)];
    writePrivate(site, 'cert.pem', cert);
    writePrivate(site, 'key.pem', key);
    const findings = await doctor(site);
    return findings.filter(({ code }) => code.startsWith('tls-')).map(({ code, level }) => [code, level]);
  };
  const pairs = new Map<number, SelfSigned>();
  const made = async (at: number): Promise<SelfSigned> => {
    const pair = pairs.get(at) ?? (await makeSelfSigned(['localhost'], new Date(at)));
    pairs.set(at, pair);
    return pair;
  };
  const now = Date.now();
  const [past, future, fading] = [
    Date.UTC(2001, 1),
    Date.UTC(2099, 1),
    now - (tlsLimits.validDays - 5) * DAY_MS,
  ];
  expect(await found(now)).toEqual([]);
  expect(await found(now, past)).toEqual([['tls-unusable', 'error']]);
  expect(await found(past)).toEqual([['tls-expired', 'error']]);
  expect(await found(future)).toEqual([['tls-not-yet-valid', 'error']]);
  expect(await found(fading)).toEqual([['tls-expires-soon', 'warn']]);
});
