/** Metrics of calls to models (http.md §12), under the gateway's names and those of OpenTelemetry. */
import { createCells, type Cell, type MetricJson } from '../shared/metrics/cells.js';
import { label } from '../shared/metrics/label.js';
import { tokenKinds, totalCost } from '../shared/usage.js';
import type { ModelCall, TurnSummary } from './threads/protocol.js';

export interface ModelMetrics {
  turn(summary: TurnSummary): void;
  snapshot(): readonly MetricJson[];
}

/** The series of one kind of call, found together: one key for all of them. */
interface CallCells {
  readonly calls: Cell;
  readonly operation: Cell;
  readonly firstChunk: Cell;
}

/** @param seconds buckets of times */
export function createModelMetrics(seconds: readonly number[]): ModelMetrics {
  const calls = createCells(seconds);
  const operations = createCells(seconds);
  const firstChunks = createCells(seconds);
  const tokens = createCells();
  const genAiTokens = createCells(tokenBuckets);
  const costs = createCells();
  const failovers = createCells();
  const callCells = new Map<string, CallCells>();

  const openCall = (key: string, made: ModelCall): CallCells => {
    const [provider, model] = [label(made.provider), label(made.model)];
    const genAi = {
      gen_ai_operation_name: operationOf(made),
      gen_ai_provider_name: provider,
      gen_ai_request_model: model,
    };
    const cells = {
      calls: calls.open(key, {
        api: made.api,
        error_category: made.category,
        model,
        observation_unit: 'call',
        outcome: made.outcome,
        provider,
        transport: made.api === 'echo' ? 'local' : 'http',
      }),
      operation: operations.open(key, { ...genAi, error_type: made.category }),
      firstChunk: firstChunks.get(`${provider} ${model}`) ?? firstChunks.open(`${provider} ${model}`, genAi),
    };
    callCells.set(key, cells);
    return cells;
  };
  const spent = (made: ModelCall, agent: string): void => {
    for (const kind of tokenKinds) {
      const count = made.usage[kind];
      if (count === 0) continue;
      const key = `${made.provider} ${made.model} ${agent} ${kind}`;
      (tokens.get(key) ?? tokens.open(key, { ...who(made, agent), token_type: tokenTypes[kind] })).add(count);
      (genAiTokens.get(key) ?? genAiTokens.open(key, genAiLabels(made, tokenTypes[kind]))).add(count);
    }
    if (!made.cost) return;
    const key = `${made.provider} ${made.model} ${agent}`;
    (costs.get(key) ?? costs.open(key, who(made, agent))).add(totalCost(made.cost));
  };
  const failover = (from: ModelCall, to: ModelCall, lane: string): void => {
    if (from.provider === to.provider && from.model === to.model) return;
    const suspended = String(from.outcome === 'skipped');
    const labels = {
      from_model: label(from.model),
      from_provider: label(from.provider),
      lane,
      reason: from.category,
      suspended,
      to_model: label(to.model),
      to_provider: label(to.provider),
    };
    const key = Object.values(labels).join(' ');
    (failovers.get(key) ?? failovers.open(key, labels)).add(1);
  };
  return {
    turn({ agent, lane, calls: made }) {
      let before: ModelCall | undefined;
      for (const call of made) {
        // Within one turn the model changes only when another has failed, or when it calls itself again.
        if (before && before.outcome !== 'ok') failover(before, call, lane);
        before = call;
        if (call.outcome === 'skipped') continue;
        const key = `${call.provider} ${call.model} ${call.outcome} ${call.category}`;
        const cells = callCells.get(key) ?? openCall(key, call);
        cells.calls.add(call.ms / 1000);
        cells.operation.add(call.ms / 1000);
        if (call.firstByteMs !== undefined) cells.firstChunk.add(call.firstByteMs / 1000);
        spent(call, agent);
      }
    },
    snapshot: () => [
      calls.counter('pllan_model_call_total', 'Calls to model providers, retries counted singly.'),
      calls.histogram('pllan_model_call_duration_seconds', 'Duration of a call to a provider.'),
      tokens.sum('pllan_model_tokens_total', 'Tokens as providers count them.'),
      costs.sum('pllan_model_cost_usd_total', 'What they cost, where the config names prices.'),
      failovers.counter('pllan_model_failover_total', 'Turns that went on to another model.'),
      genAiTokens.histogram('gen_ai_client_token_usage', 'Tokens of a call.'),
      operations.histogram('gen_ai_client_operation_duration_seconds', 'Duration of a call to a provider.'),
      firstChunks.histogram(
        'gen_ai_client_operation_time_to_first_chunk_seconds',
        'Until the first byte of a provider’s answer.',
      ),
    ],
  };
}

/** As OpenTelemetry recommends them. */
const tokenBuckets = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576];

const tokenTypes = {
  input: 'input',
  output: 'output',
  cacheRead: 'cache_read',
  cacheWrite: 'cache_write',
} as const;

function who({ provider, model }: ModelCall, agent: string): Record<string, string> {
  return { agent: label(agent), channel: 'http', model: label(model), provider: label(provider) };
}

function operationOf({ api }: ModelCall): string {
  return api === 'openai-embeddings' ? 'embeddings' : 'chat';
}

function genAiLabels(made: ModelCall, tokenType: string): Record<string, string> {
  return {
    gen_ai_operation_name: operationOf(made),
    gen_ai_provider_name: label(made.provider),
    gen_ai_request_model: label(made.model),
    gen_ai_token_type: tokenType,
  };
}
