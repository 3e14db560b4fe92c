/** Bodies for every endpoint that takes one: right ones, with values that the gateway knows and some that it refuses. */
import fc from 'fast-check';

export const few = <T>(arbitrary: fc.Arbitrary<T>, maxLength = 3): fc.Arbitrary<T[]> =>
  fc.array(arbitrary, { maxLength });
export const some = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );

/** A PNG of one pixel. */
const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
const text = fc.constantFrom(
  'hello',
  '',
  ' ',
  'a\u0000b',
  '\uD800',
  '漢'.repeat(300),
  '/stop',
  'x'.repeat(9_000),
);
export const model = some(
  'pllan',
  'mock/m-1',
  'pllan/main',
  'agent:main',
  'PLLAN:main',
  'pllan/nobody',
  'mock/none',
  'pllan/',
  '/',
  '',
  '__proto__',
  'constructor/x',
);
const toolName = fc.constantFrom('weather', 'test_echo', 'exec', '', 'a b', '__proto__', 'x'.repeat(65));
const jsonSchema = fc.constantFrom<unknown>(
  { type: 'object' },
  {},
  { type: 'object', properties: { a: { type: 7 } } },
);
const callId = fc.constantFrom('call_1', 'call_2', '', '\uD800');

const chatPart = fc.oneof(
  fc.record({ type: fc.constantFrom('text', 'input_text', 'other'), text }, { requiredKeys: ['type'] }),
  fc.record({
    type: fc.constant('image_url'),
    image_url: fc.oneof(
      fc.record({
        url: fc.constantFrom(PIXEL, 'data:image/png;base64,AAAA', 'http://127.0.0.1/', 'data:', ''),
      }),
      fc.constant<unknown>(PIXEL),
    ),
  }),
);
const chatMessage = fc.record(
  {
    role: some('user', 'system', 'developer', 'assistant', 'tool'),
    content: fc.oneof<fc.Arbitrary<unknown>[]>(text, few(chatPart), fc.constant(null)),
    tool_call_id: callId,
    tool_calls: few(
      fc.record({
        id: callId,
        type: fc.constant('function'),
        function: fc.record({ name: toolName, arguments: fc.constantFrom('{}', '{', '') }),
      }),
    ),
  },
  { requiredKeys: ['role', 'content'] },
);
const sampling = {
  temperature: fc.constantFrom(0, 2, 1e-320),
  top_p: fc.constantFrom(0, 1),
  frequency_penalty: fc.constantFrom(-2, 2),
  seed: fc.maxSafeInteger(),
  stop: fc.oneof<fc.Arbitrary<unknown>[]>(text, few(text, 4)),
  response_format: fc.jsonValue({ maxDepth: 2 }),
  logit_bias: fc.jsonValue({ maxDepth: 2 }),
  parallel_tool_calls: fc.boolean(),
};
export const chatBody = fc.record(
  {
    model,
    messages: fc.array(chatMessage, { minLength: 1, maxLength: 4 }),
    stream: fc.boolean(),
    stream_options: fc.record({ include_usage: fc.boolean() }),
    user: fc.constantFrom('ann', 'Bob', '', '\uD800', '__proto__', 'x'.repeat(600)),
    tools: few(
      fc.record({
        type: fc.constant('function'),
        function: fc.record({ name: toolName, parameters: jsonSchema }),
      }),
    ),
    tool_choice: fc.constantFrom<unknown>('auto', 'none', 'required', {
      type: 'function',
      function: { name: 'weather' },
    }),
    max_tokens: fc.constantFrom(1, 2 ** 31),
    ...sampling,
  },
  { requiredKeys: ['messages'] },
);

const responseItem = fc.oneof(
  fc.record({
    type: fc.constant('message'),
    role: some('user', 'system', 'developer', 'assistant'),
    content: fc.oneof<fc.Arbitrary<unknown>[]>(
      text,
      few(
        fc.oneof<fc.Arbitrary<unknown>[]>(
          fc.record({ type: fc.constantFrom('input_text', 'output_text'), text }),
          fc.record({ type: fc.constant('input_image'), image_url: fc.constantFrom(PIXEL, 'data:,') }),
          fc.record({
            type: fc.constant('input_file'),
            source: fc.record({
              type: fc.constant('base64'),
              media_type: fc.constantFrom('text/plain', 'application/pdf', 'image/png'),
              data: fc.constantFrom('aGk=', '!', ''),
            }),
          }),
        ),
      ),
    ),
  }),
  fc.record({ type: fc.constant('function_call'), call_id: callId, name: toolName, arguments: text }),
  fc.record({ type: fc.constant('function_call_output'), call_id: callId, output: text }),
  fc.record({ type: fc.constantFrom('reasoning', 'item_reference', 'none'), id: callId }),
);
export const responseBody = fc.record(
  {
    model,
    input: fc.oneof<fc.Arbitrary<unknown>[]>(text, fc.array(responseItem, { minLength: 1, maxLength: 4 })),
    instructions: text,
    stream: fc.boolean(),
    store: fc.boolean(),
    user: fc.constantFrom('ann', ''),
    tools: few(fc.record({ type: fc.constant('function'), name: toolName, parameters: jsonSchema })),
    tool_choice: fc.constantFrom<unknown>('auto', 'required', { type: 'function', name: 'weather' }),
    previous_response_id: fc.constantFrom('resp_1', '', '__proto__'),
    metadata: fc.dictionary(fc.constantFrom('a', '__proto__', ''), text, { maxKeys: 2 }),
    max_output_tokens: fc.constantFrom(1, 100),
    temperature: sampling.temperature,
  },
  { requiredKeys: ['model', 'input'] },
);

export const sessionKey = some(
  'fuzz-1',
  'fuzz-2',
  'main',
  'agent:main:fuzz',
  'agent:nobody:x',
  '__proto__',
  ' ',
  ':',
);
export const toolBody = fc.record(
  {
    tool: fc.constantFrom('test_echo', 'test_updates', 'test_input', 'exec', 'none', '', '__proto__'),
    args: fc.dictionary(fc.constantFrom('text', 'action', '__proto__', 'x'), fc.jsonValue({ maxDepth: 2 })),
    action: text,
    sessionKey,
    agentId: some('main', 'nobody', ''),
    idempotencyKey: fc.constantFrom('once', 'twice', 'x'.repeat(257)),
    dryRun: fc.boolean(),
  },
  { requiredKeys: ['tool'] },
);
export const embeddingBody = fc.record(
  {
    model,
    input: fc.oneof<fc.Arbitrary<unknown>[]>(text, few(text, 4), fc.constant(Array(129).fill('x'))),
    encoding_format: fc.constantFrom('float', 'base64'),
    dimensions: fc.constantFrom(1, 0, 1e9),
  },
  { requiredKeys: ['model', 'input'] },
);
export const hookBody = fc.record(
  {
    text,
    message: text,
    name: text,
    mode: fc.constantFrom('now', 'next-heartbeat'),
    agentId: some('main', 'nobody'),
    sessionKey,
    channel: some('last', 'pigeon'),
    timeoutSeconds: fc.constantFrom(0, 1, 1e300),
    idempotencyKey: fc.constantFrom('once', 'x'.repeat(257)),
  },
  { requiredKeys: [] },
);
