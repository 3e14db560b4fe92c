/** Nothing but one of these words, whatever marks follow it (methods.md §3). */
const STOP = /^\s*(?:\/?stop|esc|abort|exit|interrupt)[\s\p{P}]*$/iu;

export function isStopCommand(message: string): boolean {
  return STOP.test(message);
}
