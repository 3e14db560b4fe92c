/** Where a file of the state directory is a pipe, who reads it waits for a writer, and with it whoever wanted to know what is wrong. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import type { Diagnosis } from '../../../src/cli/doctor/run-doctor.js';
import { codes, install } from './installation.js';

const entry = resolve(import.meta.dirname, '../../../dist/entry.js');
/** Far more than it takes: what waits for a pipe waits for ever. */
const MOST_MS = 30_000;

it.runIf(process.platform === 'linux')('doctor names pipes, and waits for none', async () => {
  const { stateDir, env } = install();
  for (const folder of ['identity', 'credentials']) mkdirSync(join(stateDir, folder), { mode: 0o700 });
  const pipes = ['identity/device.json', 'credentials/gateway-identity.pem', 'pllan.json.last-good'];
  for (const pipe of pipes) execFileSync('mkfifo', ['-m', '600', join(stateDir, pipe)]);
  // Its own process: nothing ends one that waits for a pipe from within.
  const child = spawn(process.execPath, [entry, 'doctor', '--json'], { env, timeout: MOST_MS });
  const { findings } = JSON.parse(await text(child.stdout)) as { findings: Diagnosis[] };
  expect(codes(findings)).toEqual(['state-wrong-kind', 'state-wrong-kind', 'gateway-not-running']);
});
