/** What the pages say to put into a config file can be put there. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import JSON5 from 'json5';
import { expect, it, onTestFinished } from 'vitest';
import { makeStartPlan } from '../../src/primary/config/start-plan.js';
import { loadConfig } from '../../src/shared/config/load.js';
import { cli } from '../cli/support/cli.js';

const docs = new URL('../../docs/', import.meta.url);
const pages = readdirSync(docs, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
const examples = pages.flatMap((name) => {
  const blocks = readFileSync(new URL(name, docs), 'utf8').matchAll(/^```json5\n(.*?)^```$/gms);
  return Array.from(blocks, ([, text = ''], n) => [`${n + 1} of docs/${name}`, text] as const);
});
const env = {
  PLLAN_GATEWAY_TOKEN: 'a-token-for-examples',
  PLLAN_HOOK_TOKEN: 'a-token-for-hooks',
  TEAM_KEY: 'key-of-the-team',
  OWN_KEY: 'key-of-ones-own',
  OPENAI_API_KEY: 'key-of-openai',
  TICKETS_TOKEN: 'token-for-tickets',
  WEBHOOK_SECRET: 'secret-of-the-webhook',
  IRC_PASSWORD: 'password-of-the-bot',
  TELEGRAM_BOT_TOKEN: '123456:token-of-a-bot',
  WORK_BOT_TOKEN: '654321:token-of-another',
  TELEGRAM_WEBHOOK_SECRET: 'shown-with-each-request',
};

it.each(examples)('example %s', async (_place, text) => {
  const dir = mkdtempSync(join(tmpdir(), 'pllan-examples-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  // Some are but one key of the whole.
  const written = JSON5.parse<{ gateway?: object }>(text.startsWith('{') ? text : `{${text}}`);
  const config = { ...written, gateway: { mode: 'local', ...written.gateway } };
  const path = join(dir, 'pllan.json');
  writeFileSync(path, JSON.stringify(config));
  const { gateway } = await cli(['gateway'], { env: { ...env, PLLAN_HOME: dir, PLLAN_STATE_DIR: dir } });
  if (!gateway) throw new Error('the command line starts no gateway');
  // Files and commands that secrets come from are not there.
  const loaded =
    'secrets' in written
      ? loadConfig({ path, env })
      : (await makeStartPlan(gateway, new AbortController().signal)).loaded;
  expect(loaded).toMatchObject({ ok: true, warnings: [] });
});
