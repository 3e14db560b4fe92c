/**
 * How long everything takes. `full` gives figures worth comparing; `quick` only shows that every part works.
 */

export interface Timing {
  /** Load before the first measured round of a scenario, per side. */
  readonly warmUpMs: number;
  /** One measured round of one side. */
  readonly roundMs: number;
  /** Measured rounds per side; a figure is the median over them. */
  readonly rounds: number;
  /** How long the latency probe runs while HTTP is saturated. */
  readonly probeMs: number;
  /** Gateway starts to take the start-up time from. */
  readonly starts: number;
  /** Rest between readiness and the idle memory reading. */
  readonly idleMs: number;
  /** Rest before memory is read with idle connections and without: a collector that has time gives back what it can. */
  readonly settleMs: number;
  /** Until so many requests are answered memory is watched, at least. */
  readonly enduranceRequests: number;
}

export const fullTiming: Timing = {
  warmUpMs: 2_000,
  roundMs: 5_000,
  rounds: 3,
  probeMs: 8_000,
  starts: 5,
  idleMs: 5_000,
  settleMs: 20_000,
  enduranceRequests: 800_000,
};

export const quickTiming: Timing = {
  warmUpMs: 300,
  roundMs: 800,
  rounds: 1,
  probeMs: 1_500,
  starts: 2,
  idleMs: 1_000,
  settleMs: 1_000,
  enduranceRequests: 20_000,
};

/** Deadlines: each wait in the load test ends at one of these, with an error that says what was awaited. */
export const deadlines = {
  /** A helper process prints its port. */
  helperReadyMs: 10_000,
  /** `/readyz` answers 200. */
  gatewayReadyMs: 15_000,
  /** A load process prints its result: this long after the load itself should be over. */
  resultGraceMs: 20_000,
  /** A process ends after SIGTERM; then it is killed with everything it started. */
  stopMs: 12_000,
  /** WebSocket upgrade until hello-ok. */
  handshakeMs: 5_000,
  /** Thousands of connections are open. */
  holdReadyMs: 60_000,
  /** Sessions and a transcript are in a store. */
  fillStoreMs: 60_000,
  /** An HTTP response, or the answer to one RPC. */
  responseMs: 10_000,
} as const;
