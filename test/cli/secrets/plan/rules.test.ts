import { describe, expect, it } from 'vitest';
import { readPlan } from '../../../../src/cli/secrets/plan/read-plan.js';
import { secretTargets } from '../../../../src/shared/secrets/targets.js';
import { envRef, installation, keyTarget, planOf, profileTarget } from './support.js';

const reading = (plan: unknown) => () => readPlan(plan);
const changed = (over: object) => planOf({ ...keyTarget(), ...over });
const profile = (over: object) => planOf({ ...profileTarget(), ...over });

/** For each rule of the contract what it takes and what it refuses. */
const rules: readonly {
  readonly rule: string;
  readonly takes: readonly unknown[];
  readonly refuses: readonly (readonly [unknown, string])[];
}[] = [
  {
    rule: 'version is 1',
    takes: [planOf(keyTarget())],
    refuses: [
      [{ ...planOf(keyTarget()), version: 2 }, 'Unsupported plan version'],
      [{ protocolVersion: 1, targets: [] }, 'Unsupported plan version'],
      [[], 'Invalid plan: it must be an object'],
    ],
  },
  {
    rule: 'protocolVersion is 1',
    takes: [planOf(keyTarget())],
    refuses: [
      [{ ...planOf(keyTarget()), protocolVersion: 2 }, 'Unsupported plan protocolVersion'],
      [{ version: 1, targets: [keyTarget()] }, 'Unsupported plan protocolVersion'],
    ],
  },
  {
    rule: 'generatedAt and generatedBy may be there; other keys may not',
    takes: [{ ...planOf(keyTarget()), generatedAt: '2026-01-01T00:00:00Z', generatedBy: 'by hand' }],
    refuses: [
      [{ ...planOf(keyTarget()), provderUpserts: {} }, "unexpected property 'provderUpserts'"],
      [changed({ refs: 1 }), "at /targets/0: unexpected property 'refs'"],
    ],
  },
  {
    rule: 'targets is a list, empty only where providers change',
    takes: [
      { ...planOf(), providerUpserts: { a: { source: 'env' } } },
      { ...planOf(), providerDeletes: ['a'] },
    ],
    refuses: [
      [planOf(), 'Invalid plan: it has neither targets nor provider changes'],
      [{ version: 1, protocolVersion: 1 }, "must have required property 'targets'"],
      [{ ...planOf(), targets: {} }, 'at /targets: must be array'],
    ],
  },
  {
    rule: 'a type is one that is known, as its name or as its path',
    takes: [
      changed({ type: 'models.providers.*.apiKey' }),
      planOf({
        type: 'agents.list[].memory.search.remote.apiKey',
        path: 'agents.list[0].memory.search.remote.apiKey',
        ref: envRef('A'),
      }),
      profile({ type: 'profiles.*.key' }),
    ],
    refuses: [
      [
        changed({ type: 'models.providers.baseUrl' }),
        'Invalid plan target path for models.providers.baseUrl: models.providers.openai.apiKey',
      ],
      [
        planOf({ type: 'hooks.token', path: 'hooks.token', ref: envRef('A') }),
        'Invalid plan target path for hooks.token: hooks.token',
      ],
    ],
  },
  {
    rule: 'a path is not empty',
    takes: [changed({ pathSegments: undefined })],
    refuses: [
      [changed({ path: '' }), 'Invalid plan target path for models.providers.apiKey: '],
      [
        changed({ path: ' ', pathSegments: undefined }),
        'Invalid plan target path for models.providers.apiKey:  ',
      ],
    ],
  },
  {
    rule: 'pathSegments are those of the path',
    takes: [
      changed({
        path: 'models.providers.a.b.apiKey',
        pathSegments: ['models', 'providers', 'a.b', 'apiKey'],
        providerId: 'a.b',
      }),
      changed({
        path: 'models.providers["a.b"].apiKey',
        pathSegments: ['models', 'providers', 'a.b', 'apiKey'],
        providerId: 'a.b',
      }),
      changed({ path: 'models.providers["a.b"].apiKey', pathSegments: undefined, providerId: 'a.b' }),
    ],
    refuses: [
      [
        changed({ pathSegments: ['models', 'providers', 'other', 'apiKey'] }),
        'Invalid plan target path for models.providers.apiKey: models.providers.openai.apiKey',
      ],
      [
        changed({ pathSegments: ['models', 'providers', 'openai'] }),
        'Invalid plan target path for models.providers.apiKey: models.providers.openai.apiKey',
      ],
      [
        changed({ path: 'models.providers.a.b.apiKey', pathSegments: undefined, providerId: undefined }),
        'Invalid plan target path for models.providers.apiKey: models.providers.a.b.apiKey',
      ],
    ],
  },
  {
    rule: 'no segment reaches into prototypes',
    takes: [changed({ path: 'models.providers.proto.apiKey', pathSegments: undefined, providerId: 'proto' })],
    refuses: ['__proto__', 'prototype', 'constructor'].map(
      (name) =>
        [
          changed({
            path: `models.providers.${name}.apiKey`,
            pathSegments: undefined,
            providerId: undefined,
          }),
          `Invalid plan target path for models.providers.apiKey: models.providers.${name}.apiKey`,
        ] as const,
    ),
  },
  {
    rule: 'a path has the shape of its type, with a name for each wildcard',
    takes: [
      planOf({
        type: 'models.providers.headers',
        path: 'models.providers.openai.headers.X-Key',
        ref: envRef('A'),
      }),
    ],
    refuses: [
      ...[
        'models.providers.openai.baseUrl',
        'models.providers.openai',
        'models.providers.openai.apiKey.x',
      ].map(
        (path) =>
          [
            changed({ path, pathSegments: undefined }),
            `Invalid plan target path for models.providers.apiKey: ${path}`,
          ] as const,
      ),
      [
        changed({ path: 'models.providers..apiKey', pathSegments: ['models', 'providers', '', 'apiKey'] }),
        'Invalid plan target path for models.providers.apiKey: models.providers..apiKey',
      ],
      [
        planOf({
          type: 'agents.list.memory.search.remote.apiKey',
          path: 'agents.list.first.memory.search.remote.apiKey',
          ref: envRef('A'),
        }),
        'Invalid plan target path for agents.list.memory.search.remote.apiKey: agents.list.first.memory.search.remote.apiKey',
      ],
    ],
  },
  {
    rule: 'ids are those of the path',
    takes: [
      changed({ providerId: undefined }),
      planOf({
        type: 'channels.telegram.accounts.botToken',
        path: 'channels.telegram.accounts.work.botToken',
        accountId: 'work',
        ref: envRef('A'),
      }),
    ],
    refuses: [
      [
        changed({ providerId: 'other' }),
        'Invalid plan target path for models.providers.apiKey: models.providers.openai.apiKey',
      ],
      [
        changed({ accountId: 'work' }),
        'Invalid plan target path for models.providers.apiKey: models.providers.openai.apiKey',
      ],
      [
        planOf({
          type: 'channels.telegram.accounts.botToken',
          path: 'channels.telegram.accounts.work.botToken',
          accountId: 'home',
          ref: envRef('A'),
        }),
        'Invalid plan target path for channels.telegram.accounts.botToken: channels.telegram.accounts.work.botToken',
      ],
    ],
  },
  {
    rule: 'auth profiles are those of an agent, and nothing else is',
    takes: [profile({}), profile({ agentId: 'Research_2' }), profile({ authProfileProvider: undefined })],
    refuses: [
      ...[undefined, '../..', 'a/b', '.'].map(
        (agentId) =>
          [
            profile({ agentId }),
            'Invalid plan target path for auth-profiles.api_key.key: profiles.openai:default.key',
          ] as const,
      ),
      [
        changed({ agentId: 'main' }),
        'Invalid plan target path for models.providers.apiKey: models.providers.openai.apiKey',
      ],
    ],
  },
  {
    rule: 'a ref is whole, of a known source, and its id is one of that source',
    takes: [
      changed({ ref: { source: 'file', provider: 'main', id: '/a/b~1c' } }),
      changed({ ref: { source: 'exec', provider: 'vault', id: 'prod/openai#key' } }),
    ],
    refuses: [
      [changed({ ref: '${A}' }), 'at /targets/0/ref: must be object'],
      [changed({ ref: { source: 'env', id: 'A' } }), "must have required property 'provider'"],
      [changed({ ref: { ...envRef('A'), more: 1 } }), "unexpected property 'more'"],
      [changed({ ref: envRef('lower') }), 'Invalid plan: targets[0].ref: id must match'],
      [changed({ ref: { ...envRef('A'), provider: 'Upper' } }), 'targets[0].ref: provider must match'],
      [changed({ ref: { ...envRef('A'), source: 'store' } }), 'source must be one of env, file, exec'],
      [changed({ ref: { source: 'file', provider: 'm', id: 'x' } }), 'id must be a JSON pointer'],
      [changed({ ref: { source: 'exec', provider: 'm', id: 'a/../b' } }), 'id must not have "." or ".."'],
    ],
  },
  {
    rule: 'a place is a target once',
    takes: [planOf(profileTarget(), { ...profileTarget(), agentId: 'second' })],
    refuses: [
      [planOf(keyTarget(), keyTarget()), 'models.providers.openai.apiKey is a target twice'],
      [
        planOf(profileTarget(), profileTarget()),
        'profiles.openai:default.key of agent main is a target twice',
      ],
    ],
  },
  {
    rule: 'providerUpserts is a map of valid providers',
    takes: [{ ...planOf(), providerUpserts: { a_b: { source: 'file', path: '~/x' } } }],
    refuses: [
      [{ ...planOf(), providerUpserts: { 'A!': { source: 'env' } } }, 'at /providerUpserts/A!'],
      [
        { ...planOf(), providerUpserts: { a: { source: 'exec', command: 'x' } } },
        '/providerUpserts/a/command',
      ],
      [
        { ...planOf(), providerUpserts: { a: { source: 'file', path: '/x', allowInsecurePath: true } } },
        'this check cannot be switched off',
      ],
    ],
  },
  {
    rule: 'providerDeletes is a list of aliases, none of which is set as well',
    takes: [{ ...planOf(), providerDeletes: ['a', 'b'] }],
    refuses: [
      [{ ...planOf(), providerDeletes: ['A!'] }, 'at /providerDeletes/0'],
      [
        { ...planOf(), providerDeletes: ['a'], providerUpserts: { a: { source: 'env' } } },
        'provider "a" is both set and removed',
      ],
    ],
  },
  {
    rule: 'options are true or false',
    takes: [{ ...planOf(keyTarget()), options: { scrubEnv: false } }],
    refuses: [
      [{ ...planOf(keyTarget()), options: { scrubEnv: 'no' } }, 'at /options/scrubEnv: must be boolean'],
      [{ ...planOf(keyTarget()), options: { scrubAll: true } }, "unexpected property 'scrubAll'"],
    ],
  },
];

describe('a plan: ', () => {
  describe.each(rules)('$rule', ({ takes, refuses }) => {
    it('is taken', () => {
      for (const plan of takes) expect(reading(JSON.parse(JSON.stringify(plan)))).not.toThrow();
    });
    it.each(refuses.map(([plan, message]) => ({ message, plan })))('$message', ({ plan, message }) => {
      expect(reading(JSON.parse(JSON.stringify(plan)))).toThrow(message);
    });
  });

  it('has its options switched on', () => {
    expect(readPlan({ ...planOf(keyTarget()), options: { scrubEnv: false } }).options).toEqual({
      scrubEnv: false,
      scrubAuthProfilesForProviderTargets: true,
      scrubLegacyAuthJson: true,
    });
  });

  it('reaches every field that may hold a ref', () => {
    for (const { type, shape } of secretTargets) {
      const segments = shape.map((part) => (part === '*' ? 'x' : part === '[]' ? '0' : part));
      const plan = planOf({ type, path: segments.join('.'), pathSegments: segments, ref: envRef('A') });
      expect(readPlan(plan).targets).toMatchObject([{ segments, target: { type } }]);
    }
  });
});

describe('a refused plan', () => {
  it('is told in the exact words, and touches nothing', async () => {
    const { apply, files } = installation({
      models: { providers: { openai: { baseUrl: 'http://x', apiKey: 'k' } } },
    });
    const before = files();
    const wrong = changed({ path: 'models.providers.openai.baseUrl', pathSegments: undefined });
    expect(await apply(wrong)).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: 'Invalid plan target path for models.providers.apiKey: models.providers.openai.baseUrl\n',
    });
    const { stdout } = await apply({ ...planOf(keyTarget()), protocolVersion: 9 }, '--json');
    expect(JSON.parse(stdout)).toEqual({ ok: false, error: { message: 'Unsupported plan protocolVersion' } });
    expect(files()).toEqual(before);
  });

  it('names an entry of a list that is not there', async () => {
    const { apply } = installation({ agents: { list: [{ id: 'main' }] } }, { A: 'value' });
    const target = (index: number) =>
      planOf({
        type: 'agents.list.memory.search.remote.apiKey',
        path: `agents.list[${index}].memory.search.remote.apiKey`,
        ref: envRef('A'),
      });
    expect((await apply(target(0))).exitCode).toBe(0);
    expect((await apply(target(1))).stderr).toContain('agents.list[1]: must have required property');
  });
});
