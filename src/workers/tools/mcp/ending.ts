/** Why a connection to a server is over, as those are told whose calls it was to answer. */
import type { ToolFailure } from '../../../shared/tools/tool-call.js';

export interface Ending {
  readonly kind: Extract<ToolFailure, 'crashed' | 'output'>;
  readonly message: string;
}

export const endings = {
  tooLong: { kind: 'output', message: 'it said more than fits in one message' },
  flood: { kind: 'output', message: 'it did not stop talking' },
  stray: { kind: 'output', message: 'it said what are no messages' },
  silent: { kind: 'crashed', message: 'it did not answer any more' },
  lost: { kind: 'crashed', message: 'the connection was lost' },
  closed: { kind: 'crashed', message: 'the connection was closed' },
} as const satisfies Record<string, Ending>;
