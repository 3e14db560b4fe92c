/** Every scenario in the order of the report: first what needs a quiet machine, then the loads. */
import { chatJson1 } from './chat-json-1.js';
import { chatJson64, chatSse32 } from './chat-parallel.js';
import { memory } from './memory.js';
import type { Scenario } from './scenario.js';
import { startUp } from './start-up.js';
import { wsHealth } from './ws-health.js';
import { wsRpc } from './ws-rpc.js';

export const scenarios: readonly Scenario[] = [
  startUp,
  memory,
  chatJson1,
  chatJson64,
  chatSse32,
  wsRpc,
  wsHealth,
];
