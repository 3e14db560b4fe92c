/**
 * Questions to whoever sits at the terminal: one line each, numbers for choices. What cannot be taken is asked for again;
 * the end of what is typed ends the command, which has done nothing by then.
 */
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { plainText } from './output/plain-text.js';
import { UserError } from './user-error.js';

/** Where people are: not what the results of a command go to. */
export interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
}

export interface Choice<T> {
  readonly label: string;
  readonly value: T;
}

export interface Prompts {
  say(...lines: string[]): void;
  choose<T>(question: string, choices: readonly Choice<T>[]): Promise<T>;
  /** @param problem what is wrong with an answer; undefined when nothing is. @param otherwise what an empty one means */
  ask(question: string, problem: (answer: string) => string | undefined, otherwise?: string): Promise<string>;
  /** Only `y` and `yes` are one. */
  confirm(question: string): Promise<boolean>;
  close(): void;
}

export function createPrompts({ input, output }: Terminal): Prompts {
  // The terminal itself shows and edits what is typed.
  const reader = createInterface({ input, terminal: false });
  // Typed ahead of the questions.
  const lines = reader[Symbol.asyncIterator]();
  const say = (...texts: string[]): void =>
    void output.write(texts.map((text) => `${plainText(text)}\n`).join(''));
  const answerTo = async (question: string): Promise<string> => {
    output.write(`${plainText(question)} `);
    const { value, done } = await lines.next();
    if (done === true) throw new UserError('Cancelled; nothing has been changed.');
    return value.trim();
  };
  const ask: Prompts['ask'] = async (question, problem, otherwise) => {
    const shown = otherwise === undefined || otherwise === '' ? question : `${question} [${otherwise}]`;
    for (;;) {
      const typed = await answerTo(`${shown}:`);
      const answer = typed === '' ? (otherwise ?? '') : typed;
      const wrong = problem(answer);
      if (wrong === undefined) return answer;
      say(wrong);
    }
  };
  return {
    say,
    ask,
    async choose(question, choices) {
      say('', question, ...choices.map(({ label }, index) => `  ${index + 1}) ${label}`));
      const chosen = (answer: string) => (/^\d{1,6}$/.test(answer) ? choices[Number(answer) - 1] : undefined);
      const answer = await ask('Number', (text) =>
        chosen(text) ? undefined : `Type a number from 1 to ${choices.length}.`,
      );
      return (chosen(answer) as (typeof choices)[number]).value;
    },
    async confirm(question) {
      return /^y(?:es)?$/i.test(await answerTo(`${question} [y/N]`));
    },
    close: () => reader.close(),
  };
}
