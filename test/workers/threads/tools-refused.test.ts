import { describe, expect, it } from 'vitest';
import { offersOwnTools, refusesTools, withoutOwnTools } from '../../../src/workers/threads/tools-refused.js';
import type { Turn } from '../../../src/workers/threads/turn.js';
import { UpstreamFailure } from '../../../src/workers/threads/upstream/failure.js';

const turn: Turn = {
  system: '',
  messages: [],
  tools: [{ name: 'own', own: true }, { name: 'client' }],
  toolChoice: 'auto',
  sampling: {},
};

describe('a model that takes no tools', () => {
  it.each([
    ['Ollama', 400, 'registry.ollama.ai/library/gemma:2b does not support tools'],
    ['OpenRouter', 404, 'No endpoints found that support tool use. Try disabling "own".'],
    ['llama.cpp', 500, 'tools param requires --jinja flag'],
    ['vLLM', 400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'],
  ])('is known by the words of %s', (_server, status, message) => {
    expect(refusesTools(new UpstreamFailure('status', `status ${status}: ${message}`, { status }))).toBe(
      true,
    );
  });

  it.each([
    [400, 'tools[0].function.name is too long'],
    [429, 'this model does not support tools'],
  ])('is not known by %i: %s', (status, message) => {
    expect(refusesTools(new UpstreamFailure('status', message, { status }))).toBe(false);
  });

  it('is shown those of its client', () => {
    const bare = withoutOwnTools(turn);
    expect(bare).toMatchObject({ tools: [{ name: 'client' }], toolChoice: 'auto' });
    expect([offersOwnTools(turn), offersOwnTools(bare)]).toEqual([true, false]);
    expect(withoutOwnTools({ ...turn, tools: [{ name: 'own', own: true }] })).toMatchObject({
      tools: [],
      toolChoice: undefined,
    });
  });
});
