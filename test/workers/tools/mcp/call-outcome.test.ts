/** What servers answer, as agents get it. */
import { describe, expect, it } from 'vitest';
import { failureOf, outcomeOf, progressText } from '../../../../src/workers/tools/mcp/call-outcome.js';

const shown = (content: readonly unknown[]): unknown => {
  const outcome = outcomeOf({ content: [...content] });
  return outcome.status === 'ok' ? outcome.content : outcome;
};

describe('content', () => {
  it.each([
    [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'a' },
    ],
    [
      { type: 'image', mimeType: 'image/png', data: 'AA==' },
      { type: 'image', mimeType: 'image/png', data: 'AA==' },
    ],
    [
      { type: 'audio', mimeType: 'audio/wav', data: 'AA==' },
      { type: 'text', text: '[audio, audio/wav]' },
    ],
    [
      { type: 'resource_link', uri: 'x:1', name: 'one' },
      { type: 'text', text: '[resource x:1 one]' },
    ],
    [
      { type: 'resource', resource: { uri: 'x:1', text: 'in it' } },
      { type: 'text', text: 'in it' },
    ],
    [
      { type: 'resource', resource: { uri: 'x:1', mimeType: 'image/gif', blob: 'AA==' } },
      { type: 'image', mimeType: 'image/gif', data: 'AA==' },
    ],
    [
      { type: 'resource', resource: { uri: 'x:1', blob: 'AA==' } },
      { type: 'text', text: '[resource x:1]' },
    ],
  ])('%j', (block, given) => {
    expect(shown([block])).toEqual([given]);
  });

  it.each([null, 'text', {}, { type: 'text' }, { type: 'image', data: 'AA==' }, { type: 'resource' }])(
    'is left out when it is none: %j',
    (block) => expect(shown([block])).toEqual([]),
  );

  it('is what is structured, where there is nothing else', () => {
    expect(outcomeOf({ content: [], structuredContent: { a: 1 } })).toEqual({
      status: 'ok',
      content: [{ type: 'text', text: '{"a":1}' }],
      details: { a: 1 },
    });
  });
});

describe('failures', () => {
  const failed = (text: string): unknown => outcomeOf({ content: [{ type: 'text', text }], isError: true });

  it.each([
    [failed('it broke'), 'failed', 'it broke'],
    [failed(''), 'failed', 'the tool failed and did not say why'],
    [failed('MCP error -32602: a is missing'), 'input', 'MCP error -32602: a is missing'],
    [failureOf(Object.assign(new Error('a is missing'), { code: -32_602 }), 's'), 'input', 'a is missing'],
    [failureOf(Object.assign(new Error('broken'), { code: -32_603 }), 's'), 'failed', 'broken'],
    [
      failureOf(Object.assign(new Error('x'), { code: 'REQUEST_TIMEOUT' }), 's'),
      'timeout',
      's did not answer in time',
    ],
    [failureOf(new Error('http://somebody:secret@host'), 's'), 'failed', 'the call of s failed'],
  ])('%#', (outcome, kind, message) => {
    expect(outcome).toEqual({ status: 'error', kind, message });
  });

  it('a result that is too large', () => {
    expect(outcomeOf({ content: [{ type: 'text', text: 'x'.repeat(9 * 1024 * 1024) }] })).toMatchObject({
      kind: 'output',
    });
  });
});

it.each([
  [{ progress: 1 }, '1'],
  [{ progress: 1, total: 3 }, '1 of 3'],
  [{ progress: 1, total: 3, message: 'reading' }, 'reading'],
])('progress %j is %s', (progress, text) => {
  expect(progressText(progress)).toBe(text);
});
