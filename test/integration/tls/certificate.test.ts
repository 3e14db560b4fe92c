/** Where the certificate comes from, how it changes while the gateway runs, and what is said when there is none. */
import { once } from 'node:events';
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { makeSelfSigned } from '../../../src/primary/tls/self-signed.js';
import { connectControl } from '../../support/control-client.js';
import {
  startFor,
  startGateway,
  temporaryDir,
  writeConfig,
  type TestGateway,
} from '../../support/gateway.js';
import { rawRequest, readRaw } from '../../support/raw-connection.js';
import { askTls, connectTls, ownCertificate, withTls } from '../../support/tls.js';
import { waitFor, within } from '../../support/wait-for.js';
import { makePrivateDir } from '../../../src/shared/private-file.js';

const YEARS = 365 * 86_400_000;

/** Certificate and key in files of their own. */
async function filesIn(dir: string, names: readonly string[], now = new Date()) {
  const made = await makeSelfSigned(names, now);
  const paths = { certPath: join(dir, 'cert.pem'), keyPath: join(dir, 'key.pem') };
  writeFileSync(paths.keyPath, made.key);
  writeFileSync(paths.certPath, made.cert);
  return { ...paths, ...made };
}

/** SHA-256 of the certificate that new handshakes get. */
async function shownBy({ port }: TestGateway): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await within('handshake', once(socket, 'secureConnect'));
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

const fingerprintOf = (pem: string): string => new X509Certificate(pem).fingerprint256;

describe('a certificate of its own', () => {
  it('is made once, for every name of this machine, and its key is the owner’s', async (test) => {
    const stateDir = temporaryDir();
    const first = await startGateway({ stateDir, config: withTls });
    const { cert, key } = ownCertificate(first);
    const read = new X509Certificate(readFileSync(cert));
    expect(read.subjectAltName?.split(', ')).toEqual(
      expect.arrayContaining([
        'DNS:localhost',
        'IP Address:127.0.0.1',
        'IP Address:0:0:0:0:0:0:0:1',
        `DNS:${hostname()}`,
      ]),
    );
    expect(read.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(statSync(key).mode & 0o777).toBe(0o600);
    expect(statSync(join(key, '..')).mode & 0o777).toBe(0o700);
    for (const host of ['localhost', '127.0.0.1']) {
      const socket = await connectTls(first, { host, servername: host === 'localhost' ? host : '' });
      expect(socket.authorized).toBe(true);
      socket.destroy();
    }
    await first.stop();
    const second = await startFor(test, { stateDir, config: withTls });
    expect(await shownBy(second)).toBe(read.fingerprint256);
  });

  it.each([
    ['has expired', () => makeSelfSigned(['localhost'], new Date(Date.now() - 5 * YEARS))],
    ['cannot be read', async () => ({ cert: 'not a certificate', key: 'nor a key' })],
  ])('that %s is replaced at the start', async (_what, make) => {
    const stateDir = temporaryDir();
    const { cert, key } = ownCertificate({ stateDir });
    makePrivateDir(join(cert, '..'));
    const old = await make();
    writeFileSync(cert, old.cert);
    writeFileSync(key, old.key);
    const gateway = await startGateway({ stateDir, config: withTls });
    expect(Date.parse(new X509Certificate(readFileSync(cert)).validTo)).toBeGreaterThan(Date.now() + YEARS);
    expect((await askTls(gateway, { path: '/v1/models' })).status).toBe(200);
    await gateway.stop();
  });
});

describe('configured files', () => {
  it('are used, and where they change new handshakes get the new ones while connections stay', async (test) => {
    const dir = temporaryDir();
    const { certPath, keyPath, cert } = await filesIn(dir, ['localhost', '127.0.0.1']);
    const gateway = await startFor(test, {
      config: { gateway: { tls: { enabled: true, certPath, keyPath } } },
    });
    expect(await shownBy(gateway)).toBe(fingerprintOf(cert));
    const kept = readRaw(await connectTls(gateway, { ca: cert }));
    await kept.write(rawRequest({ path: '/v1/models' }));
    await kept.answered(1);
    const client = await connectControl(gateway.wsUrl, {
      connection: await connectTls(gateway, { ca: cert }),
    });

    const next = await filesIn(dir, ['localhost', '127.0.0.1']);
    await waitFor('the new certificate', async () => (await shownBy(gateway)) === fingerprintOf(next.cert));
    expect((await askTls(gateway, { path: '/v1/models', ca: next.cert })).status).toBe(200);
    await kept.write(rawRequest({ path: '/v1/models' }));
    expect((await kept.answered(2))[1]?.status).toBe(200);
    expect((await client.call('health')).ok).toBe(true);

    writeFileSync(certPath, 'half a cert');
    await waitFor('log line', () => gateway.logLines().some(({ event }) => event === 'tls.reload-failed'));
    expect(await shownBy(gateway)).toBe(fingerprintOf(next.cert));
    const third = await filesIn(dir, ['localhost', '127.0.0.1']);
    await waitFor(
      'the third certificate',
      async () => (await shownBy(gateway)) === fingerprintOf(third.cert),
    );
    // A worker that starts now has it as well.
    const [pid = 0] = gateway.workers();
    process.kill(pid, 'SIGKILL');
    await waitFor('another worker', () => {
      const [now] = gateway.workers();
      return now !== undefined && now !== pid;
    });
    await waitFor('answers of it', async () => {
      const { status } = await askTls(gateway, { path: '/v1/models', ca: third.cert });
      return status === 200;
    });
    expect(await shownBy(gateway)).toBe(fingerprintOf(third.cert));
    kept.destroy();
    await client.closed;
  });

  it('of which one is missing, or that do not fit, refuse the start', async () => {
    const dir = temporaryDir();
    const { certPath, keyPath } = await filesIn(dir, ['localhost']);
    const other = await makeSelfSigned(['localhost'], new Date());
    const otherKey = join(dir, 'other.pem');
    writeFileSync(otherKey, other.key);
    const cases: readonly (readonly [object, number, string])[] = [
      [{ certPath }, 78, 'gateway.tls.certPath and gateway.tls.keyPath go together: set both, or neither'],
      [
        { autoGenerate: false },
        78,
        'gateway.tls.enabled requires gateway.tls.certPath and gateway.tls.keyPath',
      ],
      [{ certPath: join(dir, 'none.pem'), keyPath }, 1, 'none.pem'],
      [{ certPath, keyPath: otherKey }, 1, 'cannot be used: '],
    ];
    for (const [tls, code, says] of cases) {
      const stateDir = temporaryDir();
      writeConfig(stateDir);
      const config = { gateway: { tls: { enabled: true, ...tls } } };
      const gateway = await startGateway({ stateDir, config, started: false });
      expect(await within('exit', gateway.exited)).toBe(code);
      expect(gateway.stderr()).toContain(says);
    }
  });
});
