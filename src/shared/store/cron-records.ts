/** Cron jobs and what became of their runs, as the store keeps them (methods.md §9). Times are milliseconds since the epoch. */
export interface CronJob {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly enabled: boolean;
  readonly deleteAfterRun?: boolean;
  /** Whose job it is; the default agent's when it names none. */
  readonly agentId?: string;
  /** As its maker wrote it: of `current`, and of a system event. */
  readonly sessionKey?: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly schedule: CronSchedule;
  readonly sessionTarget: CronSessionTarget;
  readonly wakeMode: CronWakeMode;
  readonly payload: CronPayload;
  readonly delivery?: CronDelivery;
  readonly failureAlert?: CronFailureAlert | false;
  readonly state: CronJobState;
}

export type CronSchedule =
  /** ISO 8601; UTC where it names no zone. */
  | { readonly kind: 'at'; readonly at: string }
  | { readonly kind: 'every'; readonly everyMs: number; readonly anchorMs?: number }
  /** Five or six fields; in the zone of the gateway's machine where none is named. */
  | { readonly kind: 'cron'; readonly expr: string; readonly tz?: string; readonly staggerMs?: number };

export type CronSessionTarget = 'main' | 'isolated' | 'current' | `session:${string}`;

export type CronWakeMode = 'now' | 'next-heartbeat';

export type CronPayload =
  | { readonly kind: 'systemEvent'; readonly text: string }
  | {
      readonly kind: 'agentTurn';
      readonly message: string;
      readonly model?: string;
      readonly thinking?: string;
      /** 0: no limit. */
      readonly timeoutSeconds?: number;
      readonly fallbacks?: readonly string[];
      readonly lightContext?: boolean;
      readonly toolsAllow?: readonly string[];
    };

export interface CronRoute {
  /** `last`: where the session's last conversation outside was. */
  readonly channel?: string;
  readonly to?: string;
  readonly accountId?: string;
  readonly threadId?: string;
}

export interface CronDelivery extends CronRoute {
  readonly mode: 'none' | 'announce' | 'webhook';
  /** A delivery that fails does not fail the run. */
  readonly bestEffort?: boolean;
}

/** Somebody is told when runs of a job fail one after another. */
export interface CronFailureAlert extends CronRoute {
  readonly mode?: 'announce' | 'webhook';
  /** From the so manieth failure on … */
  readonly after?: number;
  /** … but not again before so long. */
  readonly cooldownMs?: number;
}

export type CronStatus = 'ok' | 'error' | 'skipped';

/** `unknown`: the gateway stopped before it was known. */
export type CronDeliveryStatus = 'delivered' | 'not-delivered' | 'not-requested' | 'unknown';

export interface CronJobState {
  readonly nextRunAtMs?: number;
  /** Since when a run of it is under way, and which. */
  readonly runningAtMs?: number;
  readonly runningRunId?: string;
  readonly lastRunAtMs?: number;
  readonly lastRunStatus?: CronStatus;
  readonly lastStatus?: CronStatus;
  readonly lastError?: string;
  readonly lastDurationMs?: number;
  readonly consecutiveErrors?: number;
  readonly lastDelivered?: boolean;
  readonly lastDeliveryStatus?: CronDeliveryStatus;
  readonly lastFailureAlertAtMs?: number;
}

/** One run that has ended. */
export interface CronRunEntry {
  /** When that was written. */
  readonly ts: number;
  readonly jobId: string;
  readonly action: 'finished';
  readonly status: CronStatus;
  readonly error?: string;
  readonly summary?: string;
  readonly delivered?: boolean;
  readonly deliveryStatus?: CronDeliveryStatus;
  readonly sessionId?: string;
  readonly sessionKey?: string;
  readonly runId?: string;
  readonly runAtMs?: number;
  readonly durationMs?: number;
  readonly nextRunAtMs?: number;
  readonly model?: string;
  readonly provider?: string;
  readonly usage?: {
    readonly input_tokens: number;
    readonly output_tokens: number;
    readonly total_tokens: number;
  };
}
