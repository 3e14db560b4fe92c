/** What an agent answers to a heartbeat when there is nothing to be said (runs-and-events.md §16). */
export const HEARTBEAT_OK = 'HEARTBEAT_OK';

/** `customType` of the line that asks an agent in a heartbeat: its own turn is shown it, and no other. */
export const HEARTBEAT_LINE = 'heartbeat';

/** As models write it: bold, in quotes, with a full stop. */
const token = /^[\s*_`"'~]*HEARTBEAT_OK[\s*_`"'~.!]*|[\s*_`"'~]*HEARTBEAT_OK[\s*_`"'~.!]*$/g;

/** Undefined when the token is neither at the beginning nor at the end. */
export function withoutToken(text: string): string | undefined {
  const rest = text.trim().replaceAll(token, '');
  return rest === text.trim() ? undefined : rest.trim();
}

/** Whether an answer says no more than that there is nothing to say. */
export function isAck(text: string, ackMaxChars: number): boolean {
  const rest = withoutToken(text);
  return rest !== undefined && rest.length <= ackMaxChars;
}
