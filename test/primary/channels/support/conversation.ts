/** A gateway without ports: a scripted network, messages and runs on a store on disk, and a worker that says what it is told to. */
import { createMessages } from '../../../../src/primary/channels/messages.js';
import type { Messages } from '../../../../src/primary/channels/messages-port.js';
import type { InboundMessage } from '../../../../src/primary/channels/channel.js';
import { createMessageMetrics } from '../../../../src/primary/metrics/message-metrics.js';
import { createRuns, type Runs } from '../../../../src/primary/sessions/runs.js';
import { createSessions, type Sessions } from '../../../../src/primary/sessions/sessions.js';
import type { Snapshot } from '../../../../src/primary/snapshot/snapshot.js';
import type { Store } from '../../../../src/primary/store/store.js';
import type { QueueMode } from '../../../../src/shared/config/queue-schema.js';
import type { Logger } from '../../../../src/shared/log/logger.js';
import { createLogger } from '../../../../src/shared/log/logger.js';
import type { RunJob } from '../../../../src/shared/run-job.js';
import type { SessionKey } from '../../../../src/shared/store/records.js';
import { waitFor } from '../../../support/wait-for.js';
import type { FakeNetwork } from './fake-network.js';

export interface Conversation {
  readonly messages: Messages;
  readonly runs: Runs;
  readonly sessions: Sessions;
  readonly jobs: RunJob[];
  /** Lines of the log. */
  readonly log: string[];
  readonly events: [string, unknown][];
  /** Metrics of messages that came: `outcome reason`. */
  counted(): string[];
  /** Messages that the model was shown, by session. */
  said(key: string): Promise<string[]>;
  /** Ends the run that has this place in the order in which they began. */
  answer(n: number, text: string): Promise<void>;
  stop(): Promise<void>;
}

export interface ConversationConfig {
  readonly session?: Readonly<Record<string, unknown>>;
  readonly bindings?: readonly unknown[];
  readonly owners?: readonly (string | number)[];
  readonly debounceMs?: number;
  readonly responsePrefix?: string;
  readonly mode?: QueueMode;
  readonly cap?: number;
}

const usage = { input: 1, output: 1, cacheRead: 0, cacheWrite: 0 };

export function converse(store: Store, network: FakeNetwork, config: ConversationConfig = {}): Conversation {
  const jobs: RunJob[] = [];
  const log: string[] = [];
  const events: [string, unknown][] = [];
  const metrics = createMessageMetrics();
  const logger: Logger = createLogger({
    sink: { write: (line) => void log.push((JSON.parse(line) as { message: string }).message) },
    level: 'info',
    subsystem: 'test',
  });
  const {
    owners = [],
    debounceMs,
    responsePrefix = null,
    mode = 'followup',
    cap = 20,
    bindings = [],
  } = config;
  const queue = { mode, debounceMs: 0, cap, drop: 'summarize', byChannel: new Map() } as const;
  const agents = { main: { model: 'mock/one' }, other: { model: 'mock/one' } };
  const snapshot = {
    config: {
      session: {
        dmScope: 'main',
        identityLinks: {},
        resetTriggers: ['/new', '/reset'],
        sendPolicy: {},
        typingMode: 'instant',
        ...config.session,
      },
      commands: { ownerAllowFrom: owners },
      channels: {},
      bindings,
      messages: { responsePrefix, inbound: { debounceMs }, queue },
    },
    routes: { agents, defaultAgentId: 'main', turnTimeoutMs: 60_000 },
  } as unknown as Snapshot;
  const scheme = { defaultAgentId: 'main', mainKey: 'main', scope: 'per-sender' } as const;
  const observer = { changed: () => {}, hears: () => false, appended: () => {} };
  const sessions = createSessions({ store, scheme: () => scheme, workspace: () => '/workspace', observer });
  const broadcast = (name: string, payload: () => unknown): void => {
    if (name.startsWith('channel.')) events.push([name, JSON.parse(payload() as string)]);
  };
  const runs = createRuns({
    sessions,
    workers: { start: (job) => jobs.push(job), abort: () => {} },
    tellTool: () => {},
    broadcast,
    concurrent: () => ({ main: 16, subagent: 1, cron: 1 }),
    queue: () => queue,
    resetPolicy: () => undefined,
    ended: (run) => messages.runEnded(run),
    log: logger,
    now: Date.now,
  });
  const messages = createMessages({
    accounts: network.accounts,
    sessions,
    runs,
    current: () => snapshot,
    metrics: { messages: metrics },
    broadcast,
    log: logger,
  });
  return {
    messages,
    runs,
    sessions,
    jobs,
    log,
    events,
    counted: () =>
      (metrics.snapshot()[0]?.values ?? []).map(({ labels }) => `${labels.outcome} ${labels.reason}`),
    async said(key) {
      const entry = await sessions.get(key as SessionKey);
      if (!entry) return [];
      const lines = await store.transcripts.read(entry.sessionId, 1, 1_000);
      return lines.map(({ entry: line }) => {
        const { role, content } = line.message as { role: string; content: { text?: string }[] };
        return `${role}: ${content.map(({ text = '[image]' }) => text).join('|')}`;
      });
    },
    async answer(n, text) {
      const job = await waitFor(`run ${n}`, async () => jobs[n]);
      const { runId } = job;
      if (text !== '') runs.received(n + 1, { runId, type: 'text', text });
      const spent = [{ provider: 'p', model: 'm', usage, cost: undefined }];
      const end = {
        status: 'ok',
        usage,
        provider: 'p',
        model: 'm',
        stopReason: 'stop',
        lastUsage: usage,
        spent,
      } as const;
      runs.received(n + 1, { runId, type: 'end', end });
    },
    async stop() {
      await runs.stop();
      await messages.stop();
    },
  };
}

let count = 0;

/** A direct message of Ann. */
export function inbound(text: string, more: Partial<InboundMessage> = {}): InboundMessage {
  count += 1;
  return {
    id: `n${count}`,
    peer: { kind: 'direct', id: '7' },
    sender: { id: '7', name: 'Ann' },
    text,
    mentioned: false,
    attachments: [],
    sentAt: 1,
    ...more,
  };
}
