/** Which tools an agent has (config.md §8 `tools`, http.md §9). */
import { describe, expect, it } from 'vitest';
import { builtinDefinitions } from '../../../src/shared/tools/builtin.js';
import type { ToolDefinition } from '../../../src/shared/tools/definition.js';
import { execDefinition } from '../../../src/shared/tools/exec.js';
import { permittedTools, profileOf, type ToolPolicy } from '../../../src/shared/tools/policy.js';

function tool(name: string, group: string, profiles: readonly string[], more = {}): ToolDefinition {
  const { source = 'core', ...rest } = more as Partial<ToolDefinition>;
  const parameters = { type: 'object' };
  return {
    name,
    label: name,
    description: '',
    source,
    group,
    parameters,
    defaultProfiles: profiles,
    ...rest,
  };
}

const tools = [
  tool('session_status', 'sessions', ['minimal', 'messaging', 'coding']),
  tool('sessions_send', 'sessions', ['messaging']),
  tool('read', 'fs', ['coding']),
  tool('write', 'fs', ['coding']),
  tool('exec', 'runtime', ['coding'], { ownerOnly: true }),
  tool('web_fetch', 'web', ['coding']),
  tool('docs_search', 'docs', [], { source: 'mcp' }),
  tool('docs_write', 'docs', [], { source: 'mcp' }),
];
const all = tools.map(({ name }) => name);

const policyOf = (over: Partial<ToolPolicy>): ToolPolicy => ({
  profile: 'minimal',
  agents: {},
  direct: { allow: [], deny: [] },
  ...over,
});

interface Asked {
  readonly agentId?: string;
  readonly sessionKey?: string;
  readonly via?: 'turn' | 'http' | 'rpc';
  readonly byStranger?: boolean;
  readonly model?: { readonly provider: string; readonly model?: string };
}

function has(over: Partial<ToolPolicy>, asked: Asked = {}): string[] {
  const { agentId = 'main', sessionKey = 'agent:main:main', via = 'turn', byStranger, model } = asked;
  const caller = { agentId, sessionKey, via, byStranger };
  return permittedTools(policyOf(over), tools, caller, model).map(({ name }) => name);
}

describe('tool policy', () => {
  it.each([
    ['minimal', ['session_status']],
    ['messaging', ['session_status', 'sessions_send']],
    ['coding', ['session_status', 'read', 'write', 'exec', 'web_fetch']],
    ['full', all],
  ] as const)('profile %s', (profile, expected) => {
    expect(has({ profile })).toEqual(expected);
  });

  it('allow adds to the profile, by name, group and pattern', () => {
    expect(has({ allow: ['READ', 'group:web', 'docs_*'] })).toEqual([
      'session_status',
      'read',
      'web_fetch',
      'docs_search',
      'docs_write',
    ]);
    expect(has({ allow: ['*'] })).toEqual(all);
  });

  it.each([['group:mcp'], ['group:docs'], ['docs_*'], ['group:d*']])(
    '%s are those of the server',
    (entry) => {
      expect(has({ allow: [entry] })).toEqual(['session_status', 'docs_search', 'docs_write']);
    },
  );

  it('a pattern is no regular expression', () => {
    expect(has({ allow: ['r.ad', '(read)', 'rea[d]', 'rea'] })).toEqual(['session_status']);
  });

  it('deny wins', () => {
    expect(has({ profile: 'full', allow: ['exec'], deny: ['group:runtime', 'docs_*'] })).toEqual(
      all.filter((name) => name !== 'exec' && !name.startsWith('docs_')),
    );
  });

  it('an agent has its own profile, and its lists besides the general ones; deny wins at both', () => {
    const agents = {
      dev: { profile: 'coding', allow: ['docs_search', 'sessions_send'], deny: ['write'] },
    } as const;
    const over = { allow: ['docs_write'], deny: ['sessions_send'], agents };
    expect(has(over, { agentId: 'dev' })).toEqual([
      'session_status',
      'read',
      'exec',
      'web_fetch',
      'docs_search',
      'docs_write',
    ]);
    expect(has(over)).toEqual(['session_status', 'docs_write']);
    expect(profileOf(policyOf(over), 'dev')).toBe('coding');
    expect(profileOf(policyOf(over), 'constructor')).toBe('minimal');
  });

  it('the lists of a provider narrow, for all of its models or for one', () => {
    const byProvider = {
      small: { profile: 'minimal', allow: ['read'] },
      'big/m-1': { deny: ['write'] },
      other: { allow: [] },
    } as const;
    const over = { profile: 'coding', byProvider } as const;
    expect(has(over, { model: { provider: 'small', model: 'x' } })).toEqual(['session_status', 'read']);
    expect(has(over, { model: { provider: 'big', model: 'm-1' } })).not.toContain('write');
    expect(has(over, { model: { provider: 'big', model: 'm-2' } })).toContain('write');
    expect(has(over, { model: { provider: 'other' } })).toEqual([]);
    // What an agent does not have, its provider cannot give.
    expect(has({ byProvider: { p: { allow: ['exec'] } } }, { model: { provider: 'p' } })).toEqual([]);
  });

  it.each(['http', 'rpc'] as const)('direct calls over %s are denied what is dangerous', (via) => {
    const full = { profile: 'full' } as const;
    expect(has(full, { via })).toEqual(
      all.filter((name) => !['exec', 'write', 'sessions_send'].includes(name)),
    );
    expect(
      has({ ...full, direct: { allow: ['exec', 'write'], deny: ['write', 'docs_*'] } }, { via }),
    ).toEqual(['session_status', 'read', 'exec', 'web_fetch']);
    // What its agent does not have is not to be had this way either.
    expect(has({ direct: { allow: ['exec'], deny: [] } }, { via })).toEqual(['session_status']);
  });

  it.each([
    ['agent:main:main', true],
    ['agent:main:openai-user:ann', true],
    ['agent:main:cron:job', true],
    ['agent:main:telegram:group:1', false],
    ['agent:main:slack:channel:1', false],
    ['agent:main:direct:bob', false],
    ['agent:main:hook:1', false],
  ])("the owner's tools in %s: %s", (sessionKey, expected) => {
    expect(has({ profile: 'full' }, { sessionKey }).includes('exec')).toBe(expected);
  });

  it('are not for what came from outside, whatever session it goes to', () => {
    expect(has({ profile: 'full' }, { byStranger: true }).includes('exec')).toBe(false);
  });

  it('a completion without a session has no tools of sessions', () => {
    expect(has({}, { sessionKey: '' })).toEqual([]);
    expect(has({ profile: 'coding' }, { sessionKey: '' })).toEqual(['read', 'write', 'exec', 'web_fetch']);
  });
});

describe('servers that are called as groups of ours', () => {
  const named = [tool('read', 'fs', []), tool('fs__read', 'fs', [], { source: 'mcp' })];
  const permitted = (over: Partial<ToolPolicy>) =>
    permittedTools(policyOf(over), named, {
      agentId: 'main',
      sessionKey: 'agent:main:main',
      via: 'turn',
    }).map(({ name }) => name);

  it.each([
    [['group:fs'], ['read']],
    [['group:f*'], ['read']],
    [['group:FS'], ['read']],
    [['group:core'], ['read']],
    [['group:mcp'], ['fs__read']],
    [['fs__*'], ['fs__read']],
  ])('%j gives %j', (allow, names) => {
    expect(permitted({ allow })).toEqual(names);
  });

  it.each([...new Set([...builtinDefinitions, execDefinition].map(({ group }) => group))])(
    'group:%s is ours',
    (group) => {
      const caller = { agentId: 'main', sessionKey: 'agent:main:main', via: 'turn' } as const;
      const server = [tool('a', group, [], { source: 'mcp' })];
      expect(permittedTools(policyOf({ allow: [`group:${group}`] }), server, caller)).toEqual([]);
    },
  );

  it('are there without a session, too', () => {
    const sessions = [tool('sessions__x', 'sessions', [], { source: 'mcp' })];
    const caller = { agentId: 'main', sessionKey: '', via: 'turn' } as const;
    expect(permittedTools(policyOf({ profile: 'full' }), sessions, caller)).toEqual(sessions);
  });
});
