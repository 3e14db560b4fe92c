import { expect, it } from 'vitest';
import { createRedactor, mask } from '../../../src/shared/log/redact.js';

const { text, fields } = createRedactor(['exact-secret-value-of-this-process']);

it.each([
  ['Authorization: Bearer abcdefghijklmnopqrstuvwxyz', 'Authorization: Bearer abcdef…wxyz'],
  ['key sk-abcdefghijklmnopqrst', 'key sk-abc…qrst'],
  ['pllan gateway --token hunter2', 'pllan gateway --token ***'],
  ['OPENAI_API_KEY=sk-1 set', 'OPENAI_API_KEY=*** set'],
  ['{"token": "abc"}', '{"token": "***"}'],
  ['it is exact-secret-value-of-this-process', 'it is exact-…cess'],
  ['nothing to hide', 'nothing to hide'],
])('%s', (raw, clean) => expect(text(raw)).toBe(clean));

it('hides fields by their name, at any depth, but not counts', () => {
  expect(
    fields({ apiKey: 'abc', nested: { gatewayToken: 'abc', note: 'fine' }, maxTokens: 5, totalTokens: '7' }),
  ).toEqual({
    apiKey: '***',
    nested: { gatewayToken: '***', note: 'fine' },
    maxTokens: 5,
    totalTokens: '7',
  });
});

it('keeps ends only of long secrets', () => {
  expect(mask('seventeen-letters')).toBe('***');
  expect(mask('eighteen-letters!!')).toBe('eighte…rs!!');
});
