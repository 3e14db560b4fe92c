/** An MCP server that does what a test tells it to, well or not: `node server.mjs [how it starts]`. */
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const how = process.argv[2] ?? 'well';
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const record = (line) => process.env.RECORD && appendFileSync(process.env.RECORD, `${line}\n`);
const text = (said) => ({ content: [{ type: 'text', text: said }] });
const anything = { type: 'object' };

/** All that it was given as a secret, as programs repeat such things. */
function keys() {
  const given = Object.entries(process.env).flatMap(([name, value]) =>
    name.endsWith('_KEY') ? [value] : [],
  );
  const forms = [(key) => key, encodeURIComponent, JSON.stringify];
  for (const coding of ['base64', 'base64url', 'hex']) forms.push((key) => Buffer.from(key).toString(coding));
  forms.push((key) => Buffer.from(`me:${key}`).toString('base64'));
  return given.flatMap((key) => forms.map((form) => form(key))).join(' ');
}

record(`start ${process.pid}`);
if (how === 'exits') process.exit(3);
if (how === 'stray') for (let n = 0; n < 5_000; n += 1) process.stdout.write(`no message ${n}\n`);
if (how === 'leaky') process.stderr.write(`my key is ${process.env.SECRET_KEY}\n${keys()}\n`);

const tools = [
  { name: 'echo', description: 'Says it again.', inputSchema: anything },
  ...'hang exit large endless misfit fail invalid busy env pid child flood change image progress stray tell tell_error tell_invalid'
    .split(' ')
    .map((name) => ({ name, inputSchema: anything })),
];
if (how === 'odd')
  tools.push(
    { name: 'a.b', inputSchema: anything },
    { name: 'a/b', inputSchema: 'none' },
    { name: 'x'.repeat(200), description: 'd'.repeat(5_000) },
    {
      name: 'union',
      inputSchema: { anyOf: [{ properties: { a: { type: 'array' } } }, { $ref: 'http://x/' }] },
    },
    { description: 'without a name' },
    { name: 'echo' },
    null,
  );

const calls = {
  echo: ({ text: said }) => text(String(said)),
  hang: () => undefined,
  exit: () => process.exit(3),
  large: () => text('x'.repeat(9 * 1024 * 1024)),
  endless: () => void process.stdout.write('x'.repeat(13 * 1024 * 1024)),
  misfit: () => ({ content: 'none' }),
  tell: () => ({ ...text(keys()), structuredContent: { said: keys() } }),
  tell_error: () => ({ ...text(keys()), isError: true }),
  fail: () => ({ ...text('it did not work'), isError: true }),
  busy() {
    for (;;);
  },
  env: () => text(JSON.stringify(process.env)),
  pid: () => text(String(process.pid)),
  child: () => text(String(spawn('sleep', ['1000'], { stdio: 'ignore' }).pid)),
  flood() {
    const more = () => {
      while (
        process.stdout.write('{"jsonrpc":"2.0","method":"notifications/message","params":{}}\n'.repeat(100))
      );
      process.stdout.once('drain', more);
    };
    more();
  },
  change() {
    tools.push({ name: `added_${tools.length}`, inputSchema: anything });
    send({ method: 'notifications/tools/list_changed' });
    return text('changed');
  },
  image: () => ({
    content: [{ type: 'image', mimeType: 'image/png', data: 'iVBORw0KGgo=' }, { type: 'audio' }],
  }),
  progress(_args, { progressToken }) {
    send({ method: 'notifications/progress', params: { progressToken, progress: 1, total: 2 } });
    return text('done');
  },
  stray() {
    process.stdout.write('this is no message\n\n{"neither":"is this"}\n');
    return text('all the same');
  },
};

function answer({ id, method, params }) {
  switch (method) {
    case 'initialize': {
      if (how === 'silent') return;
      const { protocolVersion } = params;
      const result = {
        protocolVersion,
        capabilities: { tools: { listChanged: true } },
        serverInfo: { name: 'test', version: '1' },
      };
      setTimeout(() => send({ id, result }), how === 'slow' ? 1_500 : 0);
      return;
    }
    case 'tools/list':
      send({ id, result: how === 'odd-list' ? { tools: 'none' } : { tools } });
      return;
    case 'tools/call': {
      record(`call ${params.name}`);
      if (params.name === 'invalid') send({ id, error: { code: -32_602, message: 'text is missing' } });
      if (params.name === 'tell_invalid') send({ id, error: { code: -32_602, message: keys() } });
      const result = calls[params.name]?.(params.arguments ?? {}, params._meta ?? {});
      if (result !== undefined) send({ id, result });
      return;
    }
    case 'notifications/cancelled':
      record(`cancelled ${params.requestId}`);
      return;
    case 'ping':
      send({ id, result: {} });
      return;
    default:
  }
}

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => answer(JSON.parse(line)));
lines.on('close', () => {
  record('input closed');
  process.exit(0);
});
