/** What a gateway does not start with, and says before it opens anything (secrets.md §3, §6). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeStartPlan } from '../../../src/primary/config/start-plan.js';
import { StartError } from '../../../src/primary/start-error.js';
import type { GatewayFlags } from '../../../src/shared/gateway-options.js';
import { resolvePaths } from '../../../src/shared/paths.js';
import { mend, SECRET, toldOf, troubles, workingSources } from '../../shared/secrets/troubles.js';
import { temporaryDir } from '../../support/gateway.js';

const flags = { verbose: false, force: false, dev: false } as GatewayFlags;

/** The token, or why there is no start. */
async function start(
  token: object | string,
  secrets: object,
  env: Record<string, string> = {},
): Promise<string> {
  const stateDir = temporaryDir();
  const config = { gateway: { mode: 'local', auth: { mode: 'token', token } }, secrets };
  writeFileSync(join(stateDir, 'pllan.json'), JSON.stringify(config), { mode: 0o600 });
  const given = { HOME: stateDir, PLLAN_STATE_DIR: stateDir, ...env };
  const paths = resolvePaths(given);
  const options = { flags, env: given, ownEnv: given, folder: stateDir, envWarnings: [], paths };
  try {
    const plan = await makeStartPlan(options, new AbortController().signal);
    return plan.auth.secret ?? '';
  } catch (caught) {
    if (!(caught instanceof StartError)) throw caught;
    return `${caught.exitCode}: ${caught.message}`;
  }
}

const refused = (reason: string): string => `1: Startup failed: required secrets are unavailable. ${reason}`;

describe('a start', () => {
  const sources = workingSources();
  const { providers } = sources;
  const refs = {
    file: { source: 'file', provider: 'main', id: '/it' },
    exec: { source: 'exec', provider: 'vault', id: 'it' },
  };

  it('goes well with sources that work', async () => {
    for (const ref of Object.values(refs)) expect(await start(ref, { providers })).toBe(SECRET);
  });

  it.each(troubles)('does not go on with $what', async (trouble) => {
    trouble.make(sources);
    const told = await start(refs[trouble.source], { providers });
    mend(sources);
    expect(told).toBe(refused(toldOf(trouble, 'gateway.auth.token')));
    expect(told).not.toContain(SECRET);
  });

  const variable = { source: 'env', provider: 'default', id: 'THE_TOKEN' };
  const ofVariable = 'gateway.auth.token: env provider "default", THE_TOKEN:';
  it.each([
    ['that is not set', {}, {}, `${ofVariable} the environment variable is not set`],
    ['that is empty', {}, { THE_TOKEN: '' }, `${ofVariable} the environment variable is not set`],
    ['that is blank', {}, { THE_TOKEN: ' ' }, `${ofVariable} the value is empty`],
    [
      'that is not on the allowlist',
      { providers: { default: { source: 'env', allowlist: ['OTHER'] } } },
      { THE_TOKEN: SECRET },
      `${ofVariable} not on the allowlist`,
    ],
    [
      'of a provider of another source',
      { providers },
      { THE_TOKEN: SECRET },
      'gateway.auth.token: env provider "main", THE_TOKEN: secrets.providers.main has another source, file',
      { ...variable, provider: 'main' },
    ],
    [
      'of a provider that there is not',
      {},
      { THE_TOKEN: SECRET },
      'gateway.auth.token: env provider "none", THE_TOKEN: there is no secrets.providers.none',
      { ...variable, provider: 'none' },
    ],
  ])('does not go on with a variable %s', async (_what, secrets, env, reason, ref: object = variable) => {
    expect(await start(ref, secrets, env as Record<string, string>)).toBe(refused(reason));
  });
});
