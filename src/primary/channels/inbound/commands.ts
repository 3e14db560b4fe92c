/** Messages that are for the gateway, not for the agent: what they ask for, and who may ask for it. */
import { readResetCommand, type ResetCommand } from '../../sessions/reset-command.js';
import { isStopCommand } from '../../sessions/stop-command.js';

export type ChatCommand =
  | { readonly name: 'stop' | 'status' | 'help' }
  | { readonly name: 'reset'; readonly reset: ResetCommand };

/** Undefined for a message that is the agent's. @param triggers `session.resetTriggers` */
export function readCommand(text: string, triggers: readonly string[]): ChatCommand | undefined {
  if (isStopCommand(text)) return { name: 'stop' };
  const reset = readResetCommand(text, triggers);
  if (reset) return { name: 'reset', reset };
  const [, name] = /^\s*\/(status|help)\s*$/i.exec(text) ?? [];
  return name === undefined ? undefined : { name: name.toLowerCase() as 'status' | 'help' };
}

export interface Commander {
  readonly isOwner: boolean;
  /** The config names owners. */
  readonly hasOwners: boolean;
  /** Nobody else writes in the session. */
  readonly isAlone: boolean;
}

/** What ends or forgets what others have said is the owners', where there are some. */
export function mayCommand({ name }: ChatCommand, { isOwner, hasOwners, isAlone }: Commander): boolean {
  return name === 'help' || isOwner || !hasOwners || isAlone;
}

export const answers = {
  refused: 'Only the owner of this gateway may do that here.',
  reset: 'This is a new conversation.',
  stopped: 'Stopped.',
  nothingToStop: 'There is nothing to stop.',
  help: [
    '/new or /reset: begin a new conversation',
    '/stop: end what is being done',
    '/status: the model, and what the conversation holds',
  ].join('\n'),
} as const;
