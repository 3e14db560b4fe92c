/** What the pages say to put into a config file can be put there. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import JSON5 from 'json5';
import { expect, it, onTestFinished } from 'vitest';
import { makeStartPlan } from '../../src/primary/config/start-plan.js';
import { loadConfig } from '../../src/shared/config/load.js';
import type { GatewayFlags } from '../../src/shared/gateway-options.js';
import { resolvePaths } from '../../src/shared/paths.js';

const docs = new URL('../../docs/', import.meta.url);
const pages = readdirSync(docs).filter((name) => name.endsWith('.md'));
const examples = pages.flatMap((name) => {
  const blocks = readFileSync(new URL(name, docs), 'utf8').matchAll(/^```json5\n(.*?)^```$/gms);
  return Array.from(blocks, ([, text = ''], n) => [`${n + 1} of docs/${name}`, text] as const);
});
const flags: GatewayFlags = {
  port: undefined,
  bind: undefined,
  auth: undefined,
  token: undefined,
  password: undefined,
  model: undefined,
  logLevel: undefined,
  verbose: false,
  force: false,
  allowUnconfigured: false,
  allowEmptyStore: false,
  dev: false,
  color: false,
};
const env = {
  PLLAN_GATEWAY_TOKEN: 'a-token-for-examples',
  PLLAN_HOOK_TOKEN: 'a-token-for-hooks',
  TEAM_KEY: 'key-of-the-team',
  OWN_KEY: 'key-of-ones-own',
  OPENAI_API_KEY: 'key-of-openai',
  TICKETS_TOKEN: 'token-for-tickets',
};

it.each(examples)('example %s', async (_place, text) => {
  const dir = mkdtempSync(join(tmpdir(), 'pllan-examples-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  // Some are but one key of the whole.
  const written = JSON5.parse<{ gateway?: object }>(text.startsWith('{') ? text : `{${text}}`);
  const config = { ...written, gateway: { mode: 'local', ...written.gateway } };
  writeFileSync(join(dir, 'pllan.json'), JSON.stringify(config));
  const paths = resolvePaths({ PLLAN_STATE_DIR: dir });
  const start = { flags, env, envWarnings: [], paths };
  // Files and commands that secrets come from are not there.
  const loaded =
    'secrets' in written
      ? loadConfig({ path: paths.configPath, env })
      : (await makeStartPlan(start, new AbortController().signal)).loaded;
  expect(loaded).toMatchObject({ ok: true, warnings: [] });
});
