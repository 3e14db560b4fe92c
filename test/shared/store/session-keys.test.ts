import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCharacter } from '../../support/any-character.js';
import { seed } from '../../support/fuzz/settings.js';
import { agentOf, canonicalKey, kindOf, mainSessionKey } from '../../../src/shared/store/session-keys.js';

const scheme = { defaultAgentId: 'main', mainKey: 'home', scope: 'per-sender' } as const;

describe('a session key', () => {
  it.each([
    ['', 'agent:main:home'],
    ['main', 'agent:main:home'],
    [' HOME ', 'agent:main:home'],
    ['Notes', 'agent:main:notes'],
    ['agent:Work:main', 'agent:work:home'],
    ['agent:work:Telegram:Group:1', 'agent:work:telegram:group:1'],
    ['agent:no agent:x', 'agent:main:agent:no agent:x'],
    ['hook:1', 'agent:main:hook:1'],
    ['global', 'global'],
    ['unknown', 'unknown'],
  ])('%j is %s', (input, expected) => expect(canonicalKey(input, scheme)).toBe(expected));

  it('belongs to the agent that is named beside it', () => {
    expect(canonicalKey('notes', scheme, 'work')).toBe('agent:work:notes');
    expect(canonicalKey('agent:other:notes', scheme, 'work')).toBe('agent:other:notes');
    expect(agentOf(canonicalKey('notes', scheme, 'work'), scheme)).toBe('work');
  });

  it('of the main session is one for all in scope global', () => {
    expect(mainSessionKey({ ...scheme, scope: 'global' }, 'work')).toBe('global');
    expect(canonicalKey('main', { ...scheme, scope: 'global' })).toBe('global');
    expect(agentOf(canonicalKey('global', scheme), scheme)).toBe('main');
  });

  it('may hold any line separator', () => {
    expect(canonicalKey('agent:work:two\u2028lines', scheme)).toBe('agent:work:two\u2028lines');
  });

  it.each(['\n', '\u0000', '\u007F', '\uD800', '\uDFFF'])('has no %j', (one) => {
    expect(canonicalKey(`a${one}b`, scheme)).toBe('agent:main:a\uFFFDb');
    expect(canonicalKey('a😀b', scheme)).toBe('agent:main:a😀b');
  });

  it('stays what it is when it is sent back', () => {
    const written = fc.array(
      fc.oneof(
        fc.string({ unit: anyCharacter }),
        fc.constantFrom('agent:', 'main', 'work', ':', ' ', '\n', 'İ'),
      ),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(written, fc.constantFrom('main', 'work'), (parts, agentId) => {
        const key = canonicalKey(parts.join(''), scheme, agentId);
        expect(canonicalKey(key, scheme)).toBe(key);
      }),
      { seed, numRuns: 1_000 },
    );
  });

  it('tells its kind', () => {
    const kinds = ['main', 'irc:group:x', 'irc:channel:x', 'global', 'unknown'].map((key) =>
      kindOf(canonicalKey(key, scheme)),
    );
    expect(kinds).toEqual(['direct', 'group', 'group', 'global', 'unknown']);
  });
});
