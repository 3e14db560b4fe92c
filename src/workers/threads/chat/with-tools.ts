/** A completion without a session in which the gateway's own tools may be called: its client sees text and its own calls. */
import type { OfferedTools } from '../offered-tools.js';
import { completeTurn, streamTurn, type TurnJob } from '../run-turn.js';
import { spentBy } from '../spent.js';
import { runToolLoop, type ToolLoop, type ToolObserver } from '../tool-loop.js';
import { createToolTurn, withOwnTools } from '../tool-turn.js';
import { ResultSink, eventsOf, type TurnSink } from '../turn-sink.js';
import type { TurnEvent, TurnResult } from '../turn.js';

/** Between what the model says before and after it has used tools. */
const JOINT = '\n\n';

/** @throws UpstreamFailure */
export async function completeWithTools(job: TurnJob, offered: OfferedTools): Promise<TurnResult> {
  const texts: string[] = [];
  const last = await loopWith(job, offered, async (one) => {
    const result = await completeTurn(one);
    texts.push(result.text);
    return result;
  });
  const text = texts.filter((one) => one !== '').join(JOINT);
  return { ...last, text, usage: spentBy(job.calls).usage };
}

/** @throws UpstreamFailure */
export async function streamWithTools(
  job: TurnJob,
  offered: OfferedTools,
  sink: Omit<TurnSink, 'result'>,
): Promise<void> {
  const client = new ClientEvents(sink, new Set(job.turn.tools.map(({ name }) => name)));
  const { finish } = await loopWith(job, offered, async (one) => {
    const round = client.nextRound();
    await streamTurn(one, round);
    return round.whole;
  });
  sink.event({ type: 'finish', reason: finish });
  sink.event({ type: 'usage', usage: spentBy(job.calls).usage });
}

function loopWith(
  job: TurnJob,
  offered: OfferedTools,
  answer: (job: TurnJob) => Promise<TurnResult>,
): Promise<TurnResult> {
  const { turn } = job;
  const tools = createToolTurn({ ...job, offered, tools: turn.tools, sessionKey: '', runId: undefined });
  const ask: ToolLoop['ask'] = (added, mayCall) => {
    const longer = { ...turn, messages: [...turn.messages, ...added] };
    return answer({ ...job, timeoutMs: tools.leftMs, turn: withOwnTools(longer, tools, mayCall) });
  };
  return runToolLoop({ ...tools, ask, observer: nobody });
}

const nobody: ToolObserver = { called() {}, started() {}, ended() {}, result() {} };

type Sink = Omit<TurnSink, 'result'>;

/** What the client is told of all answers of the model, as if they were one. */
class ClientEvents {
  readonly #sink: Sink;
  readonly #clientTools: ReadonlySet<string>;
  #said = false;
  #calls = 0;

  constructor(sink: Sink, clientTools: ReadonlySet<string>) {
    this.#sink = sink;
    this.#clientTools = clientTools;
  }

  nextRound(): TurnSink & { readonly whole: TurnResult } {
    const result = new ResultSink();
    /** Numbers of the client's calls, by those of the model. */
    const numbers = new Map<number, number>();
    let joint = this.#said ? JOINT : '';
    const tell = (event: TurnEvent): void => {
      if (event.type === 'text') {
        this.#said = true;
        this.#sink.event({ type: 'text', text: joint + event.text });
        joint = '';
      } else if (event.type === 'tool-call') {
        if (event.name !== undefined && this.#clientTools.has(event.name)) {
          numbers.set(event.index, this.#calls);
          this.#calls += 1;
        }
        const index = numbers.get(event.index);
        if (index !== undefined) this.#sink.event({ ...event, index });
      }
    };
    const started = (): void => this.#sink.started();
    return {
      started,
      event(event) {
        result.event(event);
        tell(event);
      },
      result(given) {
        result.result(given);
        for (const event of eventsOf(given)) tell(event);
      },
      get whole() {
        return result.whole;
      },
    };
  }
}
