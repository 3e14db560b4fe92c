/**
 * Questions over a channel that carries messages one way at a time, such as the one between the primary and a worker.
 * Each is answered once, or refused; whoever asks does not wait for ever:
 *
 *   asked ──answer──▶ answered
 *     ├──refusal, deadline, channel gone──▶ rejected
 *     └──signal──▶ rejected, and whoever answers is told to give up
 */
import { toError } from './to-error.js';

/** Questions by name: what is asked, and what is answered. Both must survive structured clone. */
export type Questions<M> = {
  readonly [N in keyof M]: { readonly question: unknown; readonly answer: unknown };
};

export type AskMessage<M extends Questions<M>> =
  | {
      [N in keyof M]: {
        readonly type: 'ask';
        readonly id: number;
        readonly name: N;
        readonly question: M[N]['question'];
      };
    }[keyof M]
  /** Its asker no longer wants to know. */
  | { readonly type: 'cancel'; readonly id: number };

export type AnswerMessage =
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly type: 'refusal'; readonly id: number; readonly message: string };

/** Reason of an answer's signal when whoever asked is gone altogether. */
export const ASKER_GONE = 'asker gone';

/** A question that got no answer. */
export class Unanswered extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Unanswered';
  }
}

export interface AskOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Asker<M extends Questions<M>> {
  /** @throws Unanswered when it was refused, took too long, was cancelled, or nobody is there */
  ask<N extends keyof M>(name: N, question: M[N]['question'], options: AskOptions): Promise<M[N]['answer']>;
  received(message: AnswerMessage): void;
  /** Nobody is there any more: what is open gets no answer. */
  lost(why: string): void;
}

interface Open {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Unanswered) => void;
}

export function createAsker<M extends Questions<M>>(
  post: (message: AskMessage<M>) => void,
  maxOpen: number,
): Asker<M> {
  const open = new Map<number, Open>();
  let lastId = 0;
  return {
    ask(name, question, { timeoutMs, signal }) {
      if (open.size >= maxOpen) return Promise.reject(new Unanswered('too many questions are open'));
      if (signal?.aborted) return Promise.reject(new Unanswered('cancelled'));
      lastId += 1;
      const id = lastId;
      const answered = new Promise<never>((resolve, reject) => {
        const giveUp = (why: string): void => {
          open.get(id)?.reject(new Unanswered(why));
          post({ type: 'cancel', id });
        };
        const cancel = (): void => giveUp('cancelled');
        const timer = setTimeout(() => giveUp(`no answer within ${timeoutMs} ms`), timeoutMs);
        const settle = (): void => {
          open.delete(id);
          clearTimeout(timer);
          signal?.removeEventListener('abort', cancel);
        };
        signal?.addEventListener('abort', cancel, { once: true });
        open.set(id, {
          resolve(answer) {
            settle();
            resolve(answer);
          },
          reject(error) {
            settle();
            reject(error);
          },
        });
      });
      // Not in there: what is asked may be large, and is not kept until the answer comes.
      post({ type: 'ask', id, name, question } as AskMessage<M>);
      return answered;
    },
    received(message) {
      const asked = open.get(message.id);
      if (message.type === 'answer') asked?.resolve(message.answer as never);
      else asked?.reject(new Unanswered(message.message));
    },
    lost(why) {
      for (const { reject } of open.values()) reject(new Unanswered(why));
    },
  };
}

/** Who answers each question; `signal` is aborted when nobody wants the answer any more. What is thrown is a refusal. */
export type Answers<M extends Questions<M>, Context> = {
  readonly [N in keyof M]: (
    question: M[N]['question'],
    signal: AbortSignal,
    context: Context,
  ) => M[N]['answer'] | Promise<M[N]['answer']>;
};

export interface Answerer<M extends Questions<M>> {
  received(message: AskMessage<M>): void;
  /** The asker is gone. */
  lost(): void;
}

/** @param context of the one who asks, for every answer */
export function createAnswerer<M extends Questions<M>, Context>(
  answers: Answers<M, Context>,
  context: Context,
  post: (message: AnswerMessage) => void,
): Answerer<M> {
  const open = new Map<number, AbortController>();
  /** What is asked is not kept until there is an answer. */
  const answer = async (
    { name, question }: Extract<AskMessage<M>, { type: 'ask' }>,
    signal: AbortSignal,
  ): Promise<unknown> => answers[name](question, signal, context);
  return {
    received(message) {
      if (message.type === 'cancel') {
        open.get(message.id)?.abort();
        return;
      }
      const controller = new AbortController();
      const { signal } = controller;
      const { id } = message;
      const reply = (made: AnswerMessage): void => {
        open.delete(id);
        if (!signal.aborted) post(made);
      };
      open.set(id, controller);
      answer(message, signal).then(
        (given) => reply({ type: 'answer', id, answer: given }),
        (caught: unknown) => reply({ type: 'refusal', id, message: toError(caught).message }),
      );
    },
    lost() {
      for (const controller of open.values()) controller.abort(ASKER_GONE);
      open.clear();
    },
  };
}
