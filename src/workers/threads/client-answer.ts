/** The answer of a turn on a session as its HTTP client gets it: made beside what the session's other watchers see. */
import { RunText } from '../../shared/run-text.js';
import { createStreamEncoder, encodeAnswer } from './answer-forms.js';
import type { TaskLink } from './link.js';
import type { AnswerForm } from './prepared-turn.js';
import { eventsOf } from './turn-sink.js';
import type { TurnResult } from './turn.js';

export interface ClientAnswer {
  /** The model has begun to answer. */
  begun(): void;
  text(text: string): void;
  /** What it has said is one message, and another may follow: it uses tools. */
  endMessage(): void;
  /** Sends the last bytes, which wait until the run's end is stored. */
  end(result: Omit<TurnResult, 'text'>): void;
}

export function createClientAnswer(form: AnswerForm, link: TaskLink): ClientAnswer {
  const said = new RunText();
  if (!form.stream) {
    return {
      begun() {},
      text: (text) => said.add(text),
      endMessage: () => void said.endMessage(),
      end(result) {
        link.bytes(encodeAnswer(form, { ...result, text: said.shown }), true);
      },
    };
  }
  const encoder = createStreamEncoder(form);
  const send = (text: string): void => {
    if (text !== '') link.bytes(encoder.event({ type: 'text', text }), false);
  };
  return {
    begun: () => link.head(),
    text(text) {
      said.add(text);
      send(said.take());
    },
    endMessage: () => send(said.endMessage()),
    end(result) {
      const rest = eventsOf({ ...result, text: said.rest() });
      link.bytes(rest.map((event) => encoder.event(event)).join('') + encoder.close(), true);
    },
  };
}
