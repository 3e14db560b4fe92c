/** What is known of an account: what status rows show, and what the health check goes by. Times in ms since the epoch. */

export type AccountPhase = 'off' | 'connecting' | 'connected' | 'resting' | 'stopped';

/** `asked`: by whoever operates it; `exhausted`: too many runs in a row failed. */
export type StopReason = 'asked' | 'refused' | 'exhausted';

export interface AccountFacts {
  phase: AccountPhase;
  stopReason: StopReason | undefined;
  /** Without secrets. */
  lastError: string | null;
  /** Runs in a row that failed. */
  failures: number;
  lastStartAt: number | null;
  lastStopAt: number | null;
  lastConnectedAt: number | null;
  /** Since when it has been without connection though it should have one. */
  withoutSince: number | null;
  lastAliveAt: number;
  lastInboundAt: number | null;
  lastOutboundAt: number | null;
  lastProbeAt: number | null;
  probe: ProbeOutcome | undefined;
  /** What its network says is worth a row. */
  about: Readonly<Record<string, unknown>>;
}

export type ProbeOutcome = Readonly<Record<string, unknown>> & { readonly ok: boolean };

export function noFacts(): AccountFacts {
  return {
    phase: 'off',
    stopReason: undefined,
    lastError: null,
    failures: 0,
    lastStartAt: null,
    lastStopAt: null,
    lastConnectedAt: null,
    withoutSince: null,
    lastAliveAt: 0,
    lastInboundAt: null,
    lastOutboundAt: null,
    lastProbeAt: null,
    probe: undefined,
    about: {},
  };
}

export function isRunning({ phase }: Pick<AccountFacts, 'phase'>): boolean {
  return phase === 'connecting' || phase === 'connected' || phase === 'resting';
}
