import { describe, expect, it } from 'vitest';
import { REDACTED } from '../../../../src/shared/config/redact/sensitive.js';
import { redactText } from '../../../../src/shared/config/redact/text.js';
import { configSecrets, redactConfig } from '../../../../src/shared/config/redact/value.js';

const R = REDACTED;

describe('a config without its secrets', () => {
  it.each([
    [
      { gateway: { auth: { token: 'x', mode: 'token', password: 'y' } } },
      { gateway: { auth: { token: R, mode: 'token', password: R } } },
    ],
    [
      { agents: { maxTokens: 5, contextTokens: 9, tokenCount: 1 } },
      { agents: { maxTokens: 5, contextTokens: 9, tokenCount: 1 } },
    ],
    [
      { models: { providers: { p: { apiKey: 'k', headers: { a: 'b' } } } } },
      { models: { providers: { p: { apiKey: R, headers: { a: R } } } } },
    ],
    [
      { mcp: { servers: { s: { env: { A: 'b' }, headers: { C: 'd' }, command: 'e' } } } },
      { mcp: { servers: { s: { env: { A: R }, headers: { C: R }, command: 'e' } } } },
    ],
    [
      { env: { vars: { MY_TOKEN: 'a', OPENAI_API_KEY: 'b', LANG: 'c' } } },
      { env: { vars: { MY_TOKEN: R, OPENAI_API_KEY: R, LANG: 'c' } } },
    ],
    [
      { channels: { googlechat: { serviceAccount: { key: 'a', n: 1, on: true } } } },
      { channels: { googlechat: { serviceAccount: { key: R, n: R, on: true } } } },
    ],
    [
      { gateway: { store: { url: 'rediss://u:p@h/1' } } },
      { gateway: { store: { url: `rediss://u:${R}@h/1` } } },
    ],
    [
      { gateway: { auth: { token: { source: 'env', id: 'A' } } } },
      { gateway: { auth: { token: { source: 'env', id: 'A' } } } },
    ],
    [{ gateway: { auth: { token: '${A}' } } }, { gateway: { auth: { token: '${A}' } } }],
    [{ gateway: { auth: { token: 'a${A}' } } }, { gateway: { auth: { token: R } } }],
    [
      { secrets: { defaults: { file: 'f' }, providers: { secret: { source: 'file', path: '/s' } } } },
      { secrets: { defaults: { file: 'f' }, providers: { secret: { source: 'file', path: '/s' } } } },
    ],
    [
      { secrets: { providers: { v: { source: 'exec', env: { A: 'b' }, command: '/c' } } } },
      { secrets: { providers: { v: { source: 'exec', env: { A: R }, command: '/c' } } } },
    ],
    [
      { auth: { profiles: { p: { provider: 'p', mode: 'api_key', key: 'a', token: 'b' } } } },
      { auth: { profiles: { p: { provider: 'p', mode: 'api_key', key: R, token: R } } } },
    ],
    [
      { mcp: { servers: { s: { url: 'https://h/x?a=b&api_key=c&key=d#e' } } } },
      { mcp: { servers: { s: { url: `https://h/x?a=b&api_key=${R}&key=${R}#e` } } } },
    ],
    [{ x: 'https://h/?token=${A}&key={{b}}&keys=c' }, { x: 'https://h/?token=${A}&key={{b}}&keys=c' }],
  ])('%j', (config, shown) => {
    expect(redactConfig(config)).toEqual(shown);
  });

  it('leaves out what can be hidden elsewhere, too', () => {
    expect(
      configSecrets({
        gateway: { auth: { token: 'a', mode: 'token' }, store: { url: 'redis://u:b%20c@h' } },
        models: { providers: { p: { headers: { h: 'd' }, apiKey: { source: 'env', id: 'E' } } } },
        mcp: { servers: { s: { url: 'https://h?key=f' } } },
      }),
    ).toEqual(['a', 'b%20c', 'b c', 'd', 'f', 'f']);
  });

  it('shows the name of a variable, not what it holds', () => {
    const written = new Map([['gateway.auth.token', '${A}']]);
    expect(redactConfig({ gateway: { auth: { token: 'value' } } }, written)).toEqual({
      gateway: { auth: { token: '${A}' } },
    });
  });
});

describe('a text without its secrets', () => {
  it('is otherwise as it was', () => {
    const text = `// my gateway
{
  gateway: {
    'auth': { token: 'hunter2', /* why */ mode: "token", },
    port: 0x10,   // hex
  },
  channels: { x: [ { botT\\u006fken: "abc" } ] },
}
`;
    expect(redactText(text)).toBe(text.replace("'hunter2'", `"${R}"`).replace('"abc"', `"${R}"`));
  });

  it('has none in its comments either', () => {
    const text = '{ // token: "old", apiKey = older\n/* redis://u:pw@h */ a: 1 // a tokenizer\n}';
    expect(redactText(text)).toBe(
      `{ // token: "${R}", apiKey = ${R}\n/* redis://u:${R}@h */ a: 1 // a tokenizer\n}`,
    );
  });

  it('hides a key that is there twice in both places', () => {
    expect(redactText('{token:"a",token:"b"}')).toBe(`{token:"${R}",token:"${R}"}`);
  });

  it('is made in time also of a file with a secret on every line', () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `  "my_${index}_token": "secret-${index}"`);
    const shown = redactText(`{\n${names.join(',\n')}\n}`);
    expect(shown).not.toContain('secret-');
  });

  it.each(['{a', '', '{token: "x"'])('%j cannot be read, and is not shown', (text) => {
    expect(redactText(text)).toBeUndefined();
  });
});
