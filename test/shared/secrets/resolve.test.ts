import { describe, expect, it } from 'vitest';
import { resolve, secretCommand, secretFile } from './support.js';

const env = (id: string, provider = 'default') => ({ source: 'env', provider, id }) as const;

describe('variables', () => {
  it('are there without being declared', async () => {
    expect(await resolve({ a: env('A'), b: env('B'), c: env('C') }, { env: { A: 'one', C: '' } })).toEqual({
      a: 'one',
      b: 'NOT_FOUND: the environment variable is not set',
      c: 'NOT_FOUND: the environment variable is not set',
    });
  });

  it('are those on the allowlist, where there is one', async () => {
    const providers = { default: { source: 'env', allowlist: ['A'] } };
    expect(await resolve({ a: env('A'), b: env('B') }, { providers, env: { A: 'one', B: 'two' } })).toEqual({
      a: 'one',
      b: 'NOT_ALLOWED: not on the allowlist',
    });
  });

  it('must not be blank', async () => {
    expect(await resolve({ a: env('A') }, { env: { A: ' \n' } })).toEqual({
      a: 'INVALID_VALUE: the value is empty',
    });
  });
});

describe('a provider', () => {
  it('must be declared, with the source that refs to it have', async () => {
    const providers = { main: { source: 'file', path: secretFile('{}') } };
    expect(
      await resolve(
        { a: env('A', 'other'), b: env('A', 'main'), c: { source: 'exec', provider: 'default', id: 'x' } },
        { providers, env: { A: 'one' } },
      ),
    ).toEqual({
      a: 'UNKNOWN_PROVIDER: there is no secrets.providers.other',
      b: 'UNKNOWN_PROVIDER: secrets.providers.main has another source, file',
      c: 'UNKNOWN_PROVIDER: there is no secrets.providers.default',
    });
  });

  it('is asked once for all its refs, and one ref that fails fails alone', async () => {
    const command = secretCommand(`
      const { appendFileSync } = require('node:fs');
      appendFileSync(__dirname + '/asked', JSON.stringify(request) + '\\n');
      answer({ a: 'one', c: require('node:fs').readFileSync(__dirname + '/asked', 'utf8') });`);
    const exec = (id: string) => ({ source: 'exec', provider: 'vault', id }) as const;
    const outcome = await resolve(
      { one: exec('a'), again: exec('a'), two: exec('b'), three: exec('c') },
      { providers: { vault: { source: 'exec', command } } },
    );
    expect(outcome).toEqual({
      one: 'one',
      again: 'one',
      two: 'NOT_FOUND: the command gave no value',
      three: '{"protocolVersion":1,"provider":"vault","ids":["a","b","c"]}\n',
    });
  });

  it('has only so many refs', async () => {
    const refs = Object.fromEntries(Array.from({ length: 4 }, (_, at) => [`p${at}`, env(`A${at}`)]));
    const outcome = await resolve(refs, { resolution: { maxRefsPerProvider: 3 }, env: { A0: 'x' } });
    expect(new Set(Object.values(outcome))).toEqual(new Set(['TOO_LARGE: more than 3 refs of one provider']));
  });

  it('is asked together with a few others only', async () => {
    // Each notes how many there are while it runs.
    const counter = secretFile('{}');
    const script = `
      const fs = require('node:fs');
      const dir = ${JSON.stringify(`${counter}-running`)};
      fs.mkdirSync(dir, { recursive: true });
      fs.writeFileSync(dir + '/' + process.pid, '');
      setTimeout(() => {
        const seen = fs.readdirSync(dir).length;
        fs.rmSync(dir + '/' + process.pid);
        answer({ x: String(seen) });
      }, 50);`;
    const names = ['a', 'b', 'c', 'd', 'e'];
    const outcome = await resolve(
      Object.fromEntries(names.map((name) => [name, { source: 'exec', provider: name, id: 'x' } as const])),
      {
        providers: Object.fromEntries(
          names.map((name) => [name, { source: 'exec', command: secretCommand(script) }]),
        ),
        resolution: { maxProviderConcurrency: 2 },
      },
    );
    expect(Object.keys(outcome)).toHaveLength(5);
    for (const seen of Object.values(outcome)) expect(['1', '2']).toContain(seen);
  });

  it('gives no value that is far too long for a credential', async () => {
    const providers = {
      main: { source: 'file', path: secretFile(JSON.stringify({ a: 'x'.repeat(70_000) })) },
    };
    expect(await resolve({ a: { source: 'file', provider: 'main', id: '/a' } }, { providers })).toEqual({
      a: 'INVALID_VALUE: the value has more than 65536 bytes',
    });
  });
});
