/**
 * The parts of the config that are maps and lists: convict cannot hold keys with dots
 * (`openai/gpt-4.1`) or arrays of objects, so each is checked whole by a schema (config.md §8).
 */
import Type, { type Static } from 'typebox';
import { compile, type Check } from '../schema.js';

const closed = { additionalProperties: false } as const;
const text = Type.String({ minLength: 1 });
const milliseconds = Type.Integer({ minimum: 1 });

const ModelChoice = Type.Union([
  text,
  Type.Object({ primary: Type.Optional(text), fallbacks: Type.Optional(Type.Array(text)) }, closed),
]);

const ModelEntry = Type.Object(
  {
    id: text,
    name: Type.Optional(text),
    reasoning: Type.Optional(Type.Boolean()),
    input: Type.Optional(Type.Array(text)),
    contextWindow: Type.Optional(Type.Integer({ minimum: 1 })),
    maxTokens: Type.Optional(Type.Integer({ minimum: 1 })),
    cost: Type.Optional(Type.Record(Type.String(), Type.Number())),
    compat: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  closed,
);

const Provider = Type.Object(
  {
    baseUrl: Type.Optional(Type.String({ pattern: '^https?://' })),
    apiKey: Type.Optional(text),
    api: Type.Optional(Type.Union([Type.Literal('openai-completions'), Type.Literal('echo')])),
    /** `api-key` and `token` both travel as a bearer token in `openai-completions`. */
    auth: Type.Optional(Type.Union([Type.Literal('api-key'), Type.Literal('token')])),
    headers: Type.Optional(Type.Record(Type.String(), Type.String())),
    authHeader: Type.Optional(Type.Boolean()),
    models: Type.Optional(Type.Array(ModelEntry)),
    /** Ours: deadlines of calls to this provider. */
    timeouts: Type.Optional(
      Type.Object(
        {
          connectMs: Type.Optional(milliseconds),
          firstByteMs: Type.Optional(milliseconds),
          idleMs: Type.Optional(milliseconds),
        },
        closed,
      ),
    ),
  },
  closed,
);

const Agent = Type.Object(
  {
    id: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$' }),
    default: Type.Optional(Type.Boolean()),
    name: Type.Optional(text),
    workspace: Type.Optional(text),
    model: Type.Optional(ModelChoice),
  },
  closed,
);

export type ModelChoice = Static<typeof ModelChoice>;
export type ProviderConfig = Static<typeof Provider>;
export type AgentConfig = Static<typeof Agent>;
export type ModelParams = { readonly alias?: string; readonly params?: Readonly<Record<string, unknown>> };

/** Each structured part by its config path. */
export const structures = {
  'agents.defaults.model': compile(ModelChoice),
  'agents.defaults.models': compile(
    Type.Record(
      Type.String(),
      Type.Object(
        { alias: Type.Optional(text), params: Type.Optional(Type.Record(Type.String(), Type.Unknown())) },
        closed,
      ),
    ),
  ),
  'agents.list': compile(Type.Array(Agent)),
  'models.providers': compile(Type.Record(Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,63}$' }), Provider)),
} satisfies Record<string, Check<unknown>>;

export type StructurePath = keyof typeof structures;
