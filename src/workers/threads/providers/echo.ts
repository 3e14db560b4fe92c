/**
 * The built-in model: answers with the prompt, so that a gateway without any provider can be tried.
 * Its tokens are words.
 *
 * Test hooks, dead unless the gateway was started with `PLLAN_TEST_HOOKS=1`: the prompt `/block <ms>`
 * keeps the thread busy without yielding, `/wait <ms>` answers late, `/trickle <n> <ms>` sends n words with
 * a pause after each, `/hoard` takes memory until there is none left, `/exit` ends the thread. A line `/tool <name> <json>`
 * calls a tool, several lines several; what they give is the next prompt.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { noUsage } from '../../../shared/usage.js';
import type { Turn, TurnEvent } from '../turn.js';
import type { LocalAdapter } from './adapter.js';

export const echo: LocalAdapter = {
  kind: 'local',
  async *generate(turn, options) {
    const prompt = promptOf(turn);
    const calls = options.testHooks && turn.toolChoice !== 'none' ? calledIn(prompt) : [];
    if (calls.length > 0) yield* calls;
    else if (options.testHooks && prompt.startsWith('/')) yield* hooked(prompt);
    else for (const word of words(prompt)) yield { type: 'text', text: word };
    yield { type: 'finish', reason: calls.length > 0 ? 'tool_calls' : 'stop' };
    yield { type: 'usage', usage: { ...noUsage, input: countTokens(turn), output: words(prompt).length } };
  },
};

/** The last message, or all results of tools at the end; images are named, since they cannot be said. */
function promptOf(turn: Turn): string {
  const last = turn.messages.at(-1);
  if (last?.role === 'tool') {
    const from = turn.messages.findLastIndex(({ role }) => role !== 'tool') + 1;
    return turn.messages
      .slice(from)
      .map(({ text }) => text)
      .join('\n');
  }
  const images = last?.role === 'user' ? (last.images ?? []) : [];
  return [last?.text ?? '', ...images.map(({ mimeType }) => `[${mimeType}]`)].filter(Boolean).join(' ');
}

/** Text before the first of them is not said. */
function calledIn(prompt: string): TurnEvent[] {
  const lines = [...prompt.matchAll(/^\/tool (\S+) ?(.*)$/gm)];
  return lines.map(([, name, args = ''], index) => ({
    type: 'tool-call',
    index,
    id: `call_${index}`,
    name,
    arguments: args,
  }));
}

async function* hooked(prompt: string): AsyncGenerator<TurnEvent> {
  const [command, ...args] = prompt.split(/\s+/);
  const [first = 0, second = 0] = args.map(Number);
  if (command === '/exit') process.exit(1);
  if (command === '/block') block(first);
  if (command === '/hoard') await hoard();
  if (command === '/wait') await sleep(first);
  if (command === '/trickle') {
    for (let i = 0; i < first; i += 1) {
      yield { type: 'text', text: `word${i} ` };
      await sleep(second);
    }
  }
  yield { type: 'text', text: `done ${prompt}` };
}

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

async function hoard(): Promise<never> {
  for (const hoarded: string[] = []; ;) {
    hoarded.push(Buffer.alloc(500_000).toString('latin1'));
    await nextTurn();
  }
}

function words(text: string): string[] {
  return text.match(/\S+\s*/g) ?? [];
}

function countTokens(turn: Turn): number {
  return turn.messages.reduce((sum, { text }) => sum + countWords(text), countWords(turn.system));
}

/** Without making them: a long conversation is counted at every turn. */
function countWords(text: string): number {
  let count = 0;
  let inWord = false;
  for (let at = 0; at < text.length; at += 1) {
    const space = isSpace(text.charCodeAt(at));
    if (!space && !inWord) count += 1;
    inWord = !space;
  }
  return count;
}

function isSpace(code: number): boolean {
  return (
    code === 0x20 || (code >= 0x09 && code <= 0x0d) || (code > 0x7f && /\s/.test(String.fromCharCode(code)))
  );
}
