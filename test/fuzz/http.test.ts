/**
 * Requests to every endpoint, right and wrong in every way, each on a connection of its own: all of them are answered
 * in HTTP, and nothing falls over. `npm run test:fuzz` sends many more with another seed; `PLLAN_FUZZ_SEED` repeats one.
 */
import { connect } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chatRequest, TOKEN } from '../support/gateway.js';
import { answerEmbeddings } from '../support/embeddings.js';
import { problemOf, readAnswers, type Received } from '../support/fuzz/http-answers.js';
import { inputs, shownInput, type HttpInput } from '../support/fuzz/http-wire.js';
import { deadlineMs, seed, times } from '../support/fuzz/settings.js';
import { scrape } from '../support/metrics.js';
import { HOOK_TOKEN, withHooks } from '../support/hooks.js';
import { answerStream, type ProviderCall } from '../support/mock-provider.js';
import { startWithProvider } from '../support/provided-gateway.js';
import { requestOnce } from '../support/request-once.js';

const AT_ONCE = 12;
/** The gateway's, its hooks', and its provider's. */
const secrets = [TOKEN, HOOK_TOKEN, 'sk-provider-key-000000'];

const complete = answerStream(['Hi', ' there']);
const embed = answerEmbeddings();
const behaviour = (call: ProviderCall): void =>
  call.request.url?.endsWith('/embeddings') ? embed(call) : complete(call);

it(`seed ${seed}: whatever comes, it is answered in HTTP`, { timeout: deadlineMs }, async (test) => {
  const { gateway } = await startWithProvider({ behaviour, config }, (stop) => test.onTestFinished(stop));
  const before = { pid: gateway.pid, workers: gateway.workers() };
  const total = times(500, 20_000);
  let begun = 0;
  const work = async (): Promise<void> => {
    while (begun < total) {
      begun += 1;
      const [input] = fc.sample(inputs, { seed: seed + begun, numRuns: 1 });
      if (input) await tryInput(gateway.port, input);
      if (begun % 50 === 0) await expectWorks(gateway.url);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  await expectWorks(gateway.url);
  expect({ pid: gateway.pid, workers: gateway.workers() }).toEqual(before);
  expect((await scrape(gateway.url)).total('pllan_worker_restarts_total')).toBe(0);
  const log = gateway.logLines();
  const isError = ({ level }: Record<string, unknown>): boolean => level === 'error' || level === 'fatal';
  // Answers that are specified are in the log as well; that none was another one has been seen already.
  expect(log.filter((line) => isError(line) && line.event !== 'http.failed')).toEqual([]);
  expect(JSON.stringify(log)).not.toMatch(new RegExp(secrets.join('|')));
  expect(await gateway.stop()).toBe(0);
  expect(gateway.stderr()).not.toMatch(/warning|unhandled/i);
});

const config = {
  ...withHooks({
    allowRequestSessionKey: true,
    mappings: [
      { match: { path: 'mapped' }, action: 'wake', textTemplate: '{{payload.text}} {{headers.x-y}}' },
    ],
  }),
  memory: { search: { provider: 'mock', model: 'embed-1' } },
  tools: { allow: ['group:test'] },
  gateway: {
    workers: { count: 2 },
    auth: { mode: 'token', token: TOKEN },
  },
};

async function expectWorks(url: string): Promise<void> {
  const { status, body } = await requestOnce(`${url}/v1/chat/completions`, chatRequest({ content: 'hello' }));
  expect([status, body]).toEqual([200, expect.stringContaining('"Hi there"')]);
}

async function tryInput(port: number, input: HttpInput): Promise<void> {
  const conversation = await converse(port, input);
  const problem = problemWith(conversation, input);
  if (problem === undefined) return;
  const said = conversation.bytes.toString('latin1').slice(0, 4_000);
  throw new Error(`${problem}, after ${shownInput(input)}\n\n${said}`);
}

function problemWith({ bytes, ended }: Conversation, input: HttpInput): string | undefined {
  if (secrets.some((secret) => bytes.includes(secret))) return 'a secret';
  const received = readAnswers(bytes, input.methods);
  if (received.problem !== undefined) return received.problem;
  for (const [n, answer] of received.answers.entries()) {
    const method = input.methods[n] ?? (answer.body === '' ? 'HEAD' : undefined);
    const problem = problemOf(answer, method);
    if (problem !== undefined) return `${problem} in ${answer.status} ${answer.body.slice(0, 300)}`;
  }
  if (input.ending === 'waits') return ended === 'ended' ? owedProblem(received, input) : ended;
  return ended === 'late' ? 'late' : undefined;
}

function owedProblem({ answers, cut }: Received, { methods }: HttpInput): string | undefined {
  if (cut) return 'an answer is not whole';
  const last = answers.at(-1);
  if (!last) return 'no answer';
  const isLast = last.status === 101 || last.fields.get('connection') === 'close';
  return isLast || answers.length === methods.length ? undefined : 'too few answers';
}

interface Conversation {
  readonly bytes: Buffer;
  readonly ended: 'ended' | 'reset' | 'late';
}

/** Says all of it, and listens to the end. */
function converse(port: number, { bytes, pieces, ending }: HttpInput): Promise<Conversation> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    const chunks: Buffer[] = [];
    const done = (ended: Conversation['ended']): void => {
      clearTimeout(deadline);
      socket.destroy();
      resolve({ bytes: Buffer.concat(chunks), ended });
    };
    const deadline = setTimeout(() => done('late'), 60_000);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      // From there on it does not end by itself.
      if (/^HTTP\/1\.1 101 /m.test(chunk.toString('latin1'))) done('ended');
    });
    socket.once('end', () => done('ended')).once('error', () => done('reset'));
    const write = (at: number, [length, ...more]: readonly number[]): void => {
      if (length !== undefined) {
        socket.write(bytes.subarray(at, at + length), () => setImmediate(write, at + length, more));
        return;
      }
      socket.write(bytes.subarray(at));
      if (ending === 'half-closes') socket.end();
      if (ending === 'resets') setImmediate(() => done(socket.resetAndDestroy() && 'reset'));
    };
    socket.once('connect', () => write(0, pieces));
  });
}
