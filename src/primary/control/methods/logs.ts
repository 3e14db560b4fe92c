/** `logs.tail`: the end of the log (methods.md §8). */
import type { LogPlace } from '../../../shared/log/log-place.js';
import type { Redactor } from '../../../shared/log/redact.js';
import type { LogDesk } from '../../log/log-desk.js';
import { isAdmin, method, REDACTED_PATH, type Method } from './method.js';

export interface LogServices {
  readonly logs: {
    readonly place: LogPlace;
    readonly desk: LogDesk;
    readonly redactor: Pick<Redactor, 'known'>;
  };
}

export function logMethods({ logs }: LogServices): readonly Method[] {
  return [
    method({
      name: 'logs.tail',
      scope: 'operator.read',
      summary:
        'The last lines of the log file, or those after `cursor`. With more of them than `limit`, the rest comes with the next call.',
      answers:
        '`{file, cursor, size, lines, truncated, reset, skippedBytes?}`: `cursor` is for the next call, `truncated` says that lines were left out because of `maxBytes`, `reset` that the file is another one now and `lines` begin anew, with what was last in the one before. Where the file is only for admins.',
      answer: (request, connection) =>
        logs.desk.tail({
          place: logs.place,
          request,
          secrets: logs.redactor.known(),
          shownPath: isAdmin(connection) ? undefined : REDACTED_PATH,
        }),
    }),
  ];
}
