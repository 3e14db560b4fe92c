/**
 * A real IRC server, Debian's `ngircd`, on ports of its own and with a certificate of its own.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { makeSelfSigned } from '../../src/primary/tls/self-signed.js';
import { filesOf } from './debian.js';
import { freePort, temporaryDir } from './gateway.js';
import { waitFor } from './wait-for.js';

/** Who may KILL. */
export const operator = { name: 'root', password: 'over-all' };

export interface Ngircd {
  readonly port: number;
  readonly tlsPort: number;
  /** Its certificate. */
  readonly caPath: string;
  stop(): Promise<void>;
}

export async function startNgircd(): Promise<Ngircd> {
  const { program, libraries } = findProgram();
  const dir = temporaryDir();
  const [port, tlsPort] = [await freePort(), await freePort()];
  const certificate = await makeSelfSigned(['127.0.0.1', 'localhost'], new Date());
  const [caPath, keyPath, config] = [join(dir, 'cert.pem'), join(dir, 'key.pem'), join(dir, 'ngircd.conf')];
  writeFileSync(caPath, certificate.cert);
  writeFileSync(keyPath, certificate.key);
  writeFileSync(config, configOf({ port, tlsPort, caPath, keyPath }));
  const child = spawn(program, ['--nodaemon', '--config', config], {
    env: { ...process.env, LD_LIBRARY_PATH: libraries },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  const exited = new Promise<void>((done) => void child.once('close', () => done()));
  await waitFor('ngircd', () => {
    if (child.exitCode !== null) throw new Error(`ngircd has ended:\n${output}`);
    return answers(port);
  });
  return {
    port,
    tlsPort,
    caPath,
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function configOf(places: { port: number; tlsPort: number; caPath: string; keyPath: string }): string {
  const { port, tlsPort, caPath, keyPath } = places;
  const uid = process.getuid?.() === 0 ? 'ServerUID = root\nServerGID = root' : '';
  return `
[Global]
Name = irc.test
Info = Test
Listen = 127.0.0.1
Ports = ${port}
MotdPhrase = Hello
${uid}
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxNickLength = 31
MaxPenaltyTime = 0
PingTimeout = 60
[Options]
DNS = no
Ident = no
PAM = no
[SSL]
CertFile = ${caPath}
KeyFile = ${keyPath}
Ports = ${tlsPort}
[Operator]
Name = ${operator.name}
Password = ${operator.password}
`;
}

function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => done(true)).once('error', () => done(false));
    socket.once('connect', () => socket.destroy());
  });
}

function findProgram(): { program: string; libraries: string } {
  const installed = ['/usr/sbin/ngircd', '/usr/local/sbin/ngircd'].find((path) => existsSync(path));
  if (installed !== undefined) return { program: installed, libraries: '' };
  // It, and the library of it that machines do not have anyway.
  const root = filesOf(['ngircd', 'libident']);
  const libraries = join(root, 'usr', 'lib');
  const folders = readdirSync(libraries, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return {
    program: join(root, 'usr', 'sbin', 'ngircd'),
    libraries: folders.map(({ name }) => join(libraries, name)).join(':'),
  };
}
