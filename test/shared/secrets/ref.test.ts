import { describe, expect, it } from 'vitest';
import { readRef } from '../../../src/shared/secrets/ref.js';

const ref = (source: string, provider: string, id: string) => ({
  kind: 'ref',
  ref: { source, provider, id },
});

describe('a field that may hold a ref', () => {
  it.each([
    ['${OPENAI_API_KEY}', ref('env', 'default', 'OPENAI_API_KEY')],
    ['$A', ref('env', 'default', 'A')],
    [{ source: 'env', id: 'A' }, ref('env', 'default', 'A')],
    [{ source: 'env', provider: 'other', id: 'A' }, ref('env', 'other', 'A')],
    [{ source: 'file', id: '/a/b~1c' }, ref('file', 'main', '/a/b~1c')],
    [{ source: 'file', id: 'value' }, ref('file', 'main', 'value')],
    [{ source: 'exec', id: 'prod/openai#key' }, ref('exec', 'default', 'prod/openai#key')],
  ])('takes %j for one', (value, expected) => {
    expect(readRef(value, { file: 'main' })).toEqual(expected);
  });

  it.each([
    'sk-1',
    '',
    'x${A}',
    '$${A}',
    '${a}',
    '${_A}',
    '$A-B',
    `\${${'A'.repeat(129)}}`,
    undefined,
    null,
    5,
    ['${A}'],
  ])('takes %j for a value', (value) => {
    expect(readRef(value)).toEqual({ kind: 'value' });
  });

  it.each([
    [{}, 'source must be one of env, file, exec'],
    [{ source: 'store', id: 'A' }, 'source must be one of env, file, exec'],
    [{ source: 'env', id: 'A', value: 'x' }, "unexpected property 'value'"],
    [{ source: 'env' }, "must have required property 'id'"],
    [{ source: 'env', id: 'a' }, 'id must match /^[A-Z][A-Z0-9_]{0,127}$/'],
    [{ source: 'env', id: 'A\n' }, 'id must match /^[A-Z][A-Z0-9_]{0,127}$/'],
    [{ source: 'env', provider: 'No', id: 'A' }, 'provider must match /^[a-z][a-z0-9_-]{0,63}$/'],
    [{ source: 'env', provider: 7, id: 'A' }, 'provider must match /^[a-z][a-z0-9_-]{0,63}$/'],
    [{ source: 'file', id: 'a/b' }, 'id must be a JSON pointer such as "/providers/openai", or "value"'],
    [{ source: 'file', id: '/a~2' }, 'id must be a JSON pointer such as "/providers/openai", or "value"'],
    [{ source: 'file', id: '' }, 'id must be a JSON pointer such as "/providers/openai", or "value"'],
    [{ source: 'exec', id: 'a/../b' }, 'id must not have "." or ".." between slashes'],
    [{ source: 'exec', id: 'a b' }, 'id must match /^[A-Za-z0-9][A-Za-z0-9._:/#-]{0,255}$/'],
    ['__PLLAN_REDACTED__', 'must not be __PLLAN_REDACTED__, which is shown in the place of a secret'],
  ])('refuses %j', (value, problem) => {
    expect(readRef(value)).toEqual({ kind: 'wrong', problem });
  });

  it('is read in time however long it is', () => {
    expect(readRef({ source: 'file', id: `${'/~0'.repeat(500_000)}~` })).toMatchObject({ kind: 'wrong' });
    expect(readRef(`$${'A'.repeat(1_000_000)}`)).toEqual({ kind: 'value' });
  });
});
