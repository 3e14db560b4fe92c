/**
 * Turns on sessions from end to end: `chat.send` on 32 sessions, answered by the built-in echo model, which takes no time.
 * What is measured is everything around the model: the store, the way to the thread and back, the events.
 */
import { measureAlone } from './alone.js';
import type { Scenario } from './scenario.js';

const name = 'chat-runs';
const sessions = 32;

export const chatRuns: Scenario = {
  name,
  run: (bench) =>
    measureAlone(bench, {
      scenario: name,
      variant: { agentDefaults: { model: { primary: 'echo/echo' }, maxConcurrent: sessions } },
      unit: 'runs/s',
      latency: 'until final',
      item: 'run',
      load: ({ wsUrl: url, token }, durationMs) => bench.runRunLoad({ url, token, sessions, durationMs }),
    }),
};
