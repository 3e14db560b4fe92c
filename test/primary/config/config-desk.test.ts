import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { createConfigDesk, type ConfigDesk } from '../../../src/primary/config/config-desk.js';
import type { Logger } from '../../../src/shared/log/logger.js';
import { temporaryDir } from '../../support/gateway.js';

/** Answers with the path that it is asked for; or ends, or throws, as that says. */
const SCRIPT = `
import { parentPort } from 'node:worker_threads';
parentPort.on('message', ({ path }) => {
  if (path === 'exit') process.exit(3);
  if (path === 'throw') throw new Error('on purpose');
  parentPort.postMessage({ ok: true, payload: path });
});
`;

function open(): { readonly desk: ConfigDesk; readonly errors: readonly string[] } {
  const file = join(temporaryDir(), 'thread.mjs');
  writeFileSync(file, SCRIPT);
  const errors: string[] = [];
  const log = { error: (_event: string, message: string) => errors.push(message) } as unknown as Logger;
  const desk = createConfigDesk(log, pathToFileURL(file));
  onTestFinished(() => desk.stop());
  return { desk, errors };
}

const ask = (desk: ConfigDesk, path: string) => desk.ask({ kind: 'lookup', path });

it('answers one after the other, in order', async () => {
  const { desk } = open();
  const answers = await Promise.all(['a', 'b', 'c'].map((path) => ask(desk, path)));
  expect(answers).toEqual(['a', 'b', 'c'].map((payload) => ({ ok: true, payload })));
});

it.each(['exit', 'throw'])('loses one task with its thread: %s', async (how) => {
  const { desk, errors } = open();
  const lost = ask(desk, how);
  const next = ask(desk, 'next');
  await expect(lost).rejects.toThrow('the config could not be worked on');
  expect(await next).toEqual({ ok: true, payload: 'next' });
  expect(errors).toHaveLength(1);
});

it('refuses what is too much, and everything when it has stopped', async () => {
  const { desk } = open();
  const asked = await Promise.allSettled(Array.from({ length: 40 }, () => ask(desk, 'a')));
  const refused = asked.filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(7);
  await desk.stop();
  await expect(ask(desk, 'a')).rejects.toThrow('try again');
});
