/** How long the requests of one turn of the event loop have taken, of all connections together. */
export interface TurnTime {
  /** Whether the rest has to wait for the next turn. */
  readonly isUp: boolean;
}

/** @param limitMs what one turn may take */
export function createTurnTime(limitMs: number): TurnTime {
  let since: number | undefined;
  const nextTurn = (): void => {
    since = undefined;
  };
  return {
    get isUp() {
      const now = performance.now();
      if (since !== undefined) return now - since > limitMs;
      since = now;
      setImmediate(nextTurn);
      return false;
    },
  };
}
