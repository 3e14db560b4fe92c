/**
 * What the container file puts together, without an engine to build it: the same files in the same places, started as a
 * user whom the system does not know.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { chatRequest, freePort, temporaryDir, TOKEN } from '../support/gateway.js';
import { waitFor } from '../support/wait-for.js';

const root = resolve(import.meta.dirname, '../..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const lines = read('ops/container/Containerfile').replaceAll(/\\\n/g, ' ').split('\n');
const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
const words = (name: string): string[][] =>
  last.filter((line) => line.startsWith(`${name} `)).map((line) => line.split(/\s+/).slice(1));
const command = (name: string): string[] =>
  JSON.parse(/\[.*\]/.exec(last.find((line) => line.startsWith(`${name} `)) ?? '')?.[0] ?? '[]') as string[];

/** As `npm prune --omit=dev` leaves them. */
function linkProduction(from: string, to: string): void {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Readonly<Record<string, { readonly dev?: boolean }>>;
  };
  const names = Object.entries(packages).filter(
    ([path, { dev }]) => /^node_modules\/(?!.*node_modules)/.test(path) && !dev,
  );
  for (const [path] of names) {
    const place = join(to, path.slice('node_modules/'.length));
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(join(from, path.slice('node_modules/'.length)), place);
  }
}

/** The root of the image's file system, as far as it is ours. */
function layOut(): string {
  const image = temporaryDir();
  for (const [, ...paths] of words('COPY')) {
    const to = join(image, paths.at(-1) ?? '');
    for (const from of paths.slice(0, -1).map((path) => path.replace(/^\/src\//, ''))) {
      if (from === 'node_modules') linkProduction(join(root, from), to);
      else cpSync(join(root, from), from === 'dist' ? to : join(to, from), { recursive: true });
    }
  }
  return image;
}

it('starts with what is in it, as whoever, answers, is found healthy, and stops', async () => {
  const image = layOut();
  const state = temporaryDir();
  const port = await freePort();
  const inside = (word: string): string => word.replace(/^\/opt\//, `${image}/opt/`);
  const variables = words('ENV')
    .flat()
    .map((pair) => pair.split('=') as [string, string]);
  const env = {
    PATH: process.env.PATH,
    ...Object.fromEntries(variables),
    PLLAN_STATE_DIR: state,
    PLLAN_GATEWAY_PORT: String(port),
    PLLAN_GATEWAY_TOKEN: TOKEN,
    TMPDIR: temporaryDir(),
  };
  const [init, , ...program] = command('ENTRYPOINT');
  expect(init).toBe('tini');
  const argv = [...program, ...command('CMD')].map(inside);
  const nameless = ['unshare', '--user', '--map-user=54321', '--map-group=54321'];
  const canUnshare = spawnSync(nameless[0] ?? '', [...nameless.slice(1), 'true']).status === 0;
  const [first = '', ...rest] = [...(canUnshare ? nameless : []), ...argv];
  const child = spawn(first, rest, { env, cwd: state, stdio: ['ignore', 'ignore', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const exited = new Promise<number | null>((done) => child.once('exit', done));
  const url = `http://127.0.0.1:${port}`;
  await waitFor('the gateway to be ready', async () => {
    if (child.exitCode !== null) throw new Error(said);
    return (await fetch(`${url}/readyz`).catch(() => undefined))?.ok === true;
  });
  expect((await fetch(`${url}/v1/chat/completions`, chatRequest({ content: 'hi' }))).status).toBe(200);
  const [probe = '', ...how] = command('HEALTHCHECK').map((word) => word.replace('18789', String(port)));
  execFileSync(probe, how, { env });
  child.kill(words('STOPSIGNAL')[0]?.[0] as NodeJS.Signals);
  expect(await exited).toBe(0);
});
