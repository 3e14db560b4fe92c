/** At a terminal of the system, through the program: `script` gives one to whom it runs. */
import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';
import { entry } from '../../../support/entry-process.js';
import { waitFor, within } from '../../../support/wait-for.js';
import { envRef, installation, SECRET } from '../plan/support.js';

it('secrets configure asks at a terminal, and prints its result where results go', async () => {
  const made = installation(
    { models: { providers: { openai: { baseUrl: 'http://127.0.0.1:1/v1', apiKey: SECRET } } } },
    { OPENAI_API_KEY: SECRET },
  );
  const result = made.write('plans/result', '');
  const line = `'${process.execPath}' '${entry}' secrets configure --skip-provider-setup > '${result}'`;
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    env: { ...made.env, PATH: process.env.PATH, SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const answer = async (question: string, typed: string): Promise<void> => {
    await waitFor(question, () => shown.includes(question));
    shown = '';
    child.stdin.write(`${typed}\n`);
  };
  await answer('Number:', '2');
  await answer('Number:', '1');
  await answer('Number:', '1');
  await answer('Id:', 'OPENAI_API_KEY');
  await answer('Number:', '1');
  await answer('Apply this plan now? [y/N]', 'y');
  expect(await within('the end of the command', ended, 30_000)).toBe(0);
  expect(made.read('plans/result')).toMatch(/^Secrets applied\. Updated 1 file\(s\)\.\n/);
  expect(JSON.parse(made.read('pllan.json'))).toMatchObject({
    models: { providers: { openai: { apiKey: envRef('OPENAI_API_KEY') } } },
  });
});
