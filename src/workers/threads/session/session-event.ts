/** What a session's task tells besides text. */
import type { SessionEvent } from '../../../shared/run-job.js';
import type { TaskLink } from '../link.js';

export function sendEvent(link: TaskLink, event: SessionEvent): void {
  link.event(JSON.stringify(event));
}
