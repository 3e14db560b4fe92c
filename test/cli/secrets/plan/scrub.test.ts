import { describe, expect, it } from 'vitest';
import { envRef, installation, keyTarget, planOf, SECRET } from './support.js';

const provider = { baseUrl: 'http://127.0.0.1:1/v1' };
const config = { models: { providers: { openai: { ...provider, apiKey: SECRET } } } };
const variables = { OPENAI_API_KEY: SECRET };

describe('what is scrubbed', () => {
  const dotenv = [
    '# keep me',
    `OPENAI_API_KEY=${SECRET}`,
    `export OLD_TOKEN="${SECRET}" # gone`,
    `LABEL=${SECRET}`,
    `MULTI_SECRET="a`,
    `b"`,
    'OTHER_TOKEN=something-else',
    '',
  ].join('\n');

  it('is each line of .env that gives a credential the value, but for variables that are still asked for', async () => {
    const { apply, write, read } = installation(config);
    write('.env', dotenv);
    expect((await apply(planOf(keyTarget()))).exitCode).toBe(0);
    expect(read('.env')).toBe(dotenv.replace(/export OLD_TOKEN.*\n/, ''));
  });

  it('is also the variable of the ref before, when nothing asks for it, in both folders', async () => {
    const { apply, write, read, env, path } = installation(config, { ELSEWHERE: SECRET });
    const other = write('conf/pllan.json', config);
    write('conf/.env', `B_KEY=x\nOPENAI_API_KEY=${SECRET}`);
    write('.env', dotenv);
    Object.assign(env, { PLLAN_CONFIG_PATH: other });
    const { stdout } = await apply(planOf(keyTarget(envRef('ELSEWHERE'))));
    expect(stdout).toContain(path('conf', '.env'));
    expect(read('conf/.env')).toBe('B_KEY=x\n');
    expect(read('.env')).not.toContain('OPENAI_API_KEY');
    expect(read('.env')).toContain(`LABEL=${SECRET}`);
  });

  it('is what goes over lines', async () => {
    const { apply, write, read } = installation(
      { models: { providers: { openai: { ...provider, apiKey: 'a\nb' } } } },
      variables,
    );
    write('.env', dotenv);
    await apply(planOf(keyTarget()));
    expect(read('.env')).toBe(dotenv.replace('MULTI_SECRET="a\nb"\n', ''));
  });

  it('are profiles of the provider, and keys that older programs kept', async () => {
    const { apply, write, read } = installation(config, variables);
    write('agents/b/agent/auth-profiles.json', {
      version: 1,
      profiles: {
        'openai:old': { type: 'api_key', provider: 'openai', key: 'another' },
        'openai:t': { type: 'token', provider: 'openai', token: 'another' },
        'openai:o': { type: 'oauth', provider: 'openai', access: 'kept' },
        'other:x': { type: 'api_key', provider: 'other', key: 'kept' },
      },
    });
    write('agents/b/agent/auth.json', { openai: { type: 'api_key', key: SECRET }, x: { type: 'oauth' } });
    await apply(planOf(keyTarget()));
    expect(JSON.parse(read('agents/b/agent/auth-profiles.json'))).toEqual({
      version: 1,
      profiles: {
        'openai:old': { type: 'api_key', provider: 'openai' },
        'openai:t': { type: 'token', provider: 'openai' },
        'openai:o': { type: 'oauth', provider: 'openai', access: 'kept' },
        'other:x': { type: 'api_key', provider: 'other', key: 'kept' },
      },
    });
    expect(JSON.parse(read('agents/b/agent/auth.json'))).toEqual({ x: { type: 'oauth' } });
  });

  it.each(['scrubEnv', 'scrubAuthProfilesForProviderTargets', 'scrubLegacyAuthJson'])(
    'is left by %s: false',
    async (option) => {
      const { apply, write, files } = installation(config, variables);
      write('.env', `OLD_API_KEY=${SECRET}\n`);
      write('agents/b/agent/auth-profiles.json', {
        version: 1,
        profiles: { p: { type: 'api_key', provider: 'openai', key: SECRET } },
      });
      write('agents/b/agent/auth.json', { openai: { type: 'api_key', key: SECRET } });
      await apply({ ...planOf(keyTarget()), options: { [option]: false } });
      const left = Object.entries(files()).flatMap(([name, text]) => (text.includes(SECRET) ? name : []));
      const meant = {
        scrubEnv: '.env',
        scrubAuthProfilesForProviderTargets: 'agents/b/agent/auth-profiles.json',
        scrubLegacyAuthJson: 'agents/b/agent/auth.json',
      };
      expect(left).toEqual([meant[option as keyof typeof meant]]);
    },
  );
});
