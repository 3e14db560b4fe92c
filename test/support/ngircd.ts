/**
 * A real IRC server, Debian's `ngircd`, on ports of its own and with a certificate of its own. Where the machine has none,
 * its package is fetched and unpacked into a folder of the project's: nothing is installed, and nobody need be root.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { makeSelfSigned } from '../../src/primary/tls/self-signed.js';
import { freePort, temporaryDir } from './gateway.js';
import { waitFor } from './wait-for.js';

const run = promisify(execFile);

/** It, and the library of it that machines do not have anyway. */
const packages = ['ngircd', 'libident'];
const cache = resolve('node_modules', '.cache', 'ngircd');

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
  const { program, libraries } = await findProgram();
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

async function findProgram(): Promise<{ program: string; libraries: string }> {
  const installed = ['/usr/sbin/ngircd', '/usr/local/sbin/ngircd'].find((path) => existsSync(path));
  if (installed !== undefined) return { program: installed, libraries: '' };
  const program = join(cache, 'usr', 'sbin', 'ngircd');
  if (!existsSync(program)) await unpack();
  const libraries = join(cache, 'usr', 'lib');
  const folders = readdirSync(libraries, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return { program, libraries: folders.map(({ name }) => join(libraries, name)).join(':') };
}

/** Into a folder beside it first: test files that run at the same time see all of it or nothing. */
async function unpack(): Promise<void> {
  mkdirSync(join(cache, '..'), { recursive: true });
  const dir = mkdtempSync(`${cache}-`);
  const download = (): Promise<unknown> => run('apt-get', ['download', ...packages], { cwd: dir });
  await download().catch(async () => {
    // The lists of packages may be missing, or old.
    await run('apt-get', ['update']);
    await download();
  });
  for (const file of readdirSync(dir).filter((name) => name.endsWith('.deb'))) {
    await run('dpkg-deb', ['--extract', file, '.'], { cwd: dir });
    rmSync(join(dir, file));
  }
  try {
    renameSync(dir, cache);
  } catch (caught) {
    rmSync(dir, { recursive: true });
    if (!existsSync(cache)) throw caught;
  }
}
