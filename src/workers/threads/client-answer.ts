/** The answer of a turn on a session as its HTTP client gets it: made beside what the session's other watchers see. */
import { RunText } from '../../shared/run-text.js';
import { createChunkEncoder, encodeCompletion } from './chat/encode.js';
import type { TaskLink } from './link.js';
import type { AnswerForm } from './prepared-turn.js';
import { eventsOf } from './turn-sink.js';
import type { TurnResult } from './turn.js';

export interface ClientAnswer {
  /** The model has begun to answer. */
  begun(): void;
  text(text: string): void;
  /** Sends the last bytes, which wait until the run's end is stored. */
  end(result: Omit<TurnResult, 'text'>): void;
}

export function createClientAnswer(form: AnswerForm, link: TaskLink): ClientAnswer {
  const said = new RunText();
  if (!form.stream) {
    return {
      begun() {},
      text: (text) => said.add(text),
      end(result) {
        link.bytes(encodeCompletion(form, { ...result, text: said.isSilent ? '' : said.all }), true);
      },
    };
  }
  const encoder = createChunkEncoder(form, form.includeUsage);
  return {
    begun: () => link.head(),
    text(text) {
      said.add(text);
      const more = said.take();
      if (more !== '') link.bytes(encoder.event({ type: 'text', text: more }), false);
    },
    end(result) {
      const rest = eventsOf({ ...result, text: said.rest() });
      link.bytes(rest.map((event) => encoder.event(event)).join('') + encoder.close(), true);
    },
  };
}
