/** Every scenario in the order of the report: first what needs a quiet machine, then the loads. */
import { channelFlood } from './channel-flood.js';
import { chatJson1 } from './chat-json-1.js';
import { chatJson16, chatJson64, chatSse32 } from './chat-parallel.js';
import { chatRuns } from './chat-runs.js';
import { presenceStorm, runs8x2000 } from './crowds.js';
import { configEdits } from './config-edits.js';
import { endurance } from './endurance.js';
import { broadcast500, broadcastAlone, runs32x500 } from './fan-out.js';
import { logFlood, longLogFlood, workerLogFlood } from './log-flood.js';
import { memory } from './memory.js';
import { responses64 } from './responses.js';
import type { Scenario } from './scenario.js';
import { stalledReader } from './stalled-reader.js';
import { startUp, startUpFull } from './start-up.js';
import { toolsInvoke1, toolsInvoke32 } from './tools-invoke.js';
import { wsConnect } from './ws-connect.js';
import { wsHealth } from './ws-health.js';
import { wsIdle } from './ws-idle.js';
import { wsRpc } from './ws-rpc.js';

export const scenarios: readonly Scenario[] = [
  startUp,
  startUpFull,
  memory,
  wsIdle,
  chatJson1,
  chatJson16,
  chatJson64,
  chatSse32,
  responses64,
  toolsInvoke1,
  toolsInvoke32,
  wsRpc,
  wsConnect,
  chatRuns,
  wsHealth,
  configEdits,
  channelFlood,
  logFlood,
  workerLogFlood,
  longLogFlood,
  broadcast500,
  broadcastAlone,
  runs32x500,
  runs8x2000,
  presenceStorm,
  stalledReader,
  endurance,
];
