/**
 * Memory of a gateway's whole process tree: at rest after its start, without a client, and right after an HTTP load.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { chatBody, chatPath } from '../chat-request.js';
import { figure } from '../figures.js';
import { treeFiguresMissing, treeMemory } from '../process-tree.js';
import { failuresOf } from '../rounds.js';
import type { Scenario } from './scenario.js';

const name = 'memory';

export const memory: Scenario = {
  name,
  run: async (bench) => {
    if (treeFiguresMissing !== undefined) {
      const skipped = [{ id: `${name}.idle`, label: 'idle', reason: treeFiguresMissing }];
      return { scenario: name, figures: [], skipped, failures: [], details: {} };
    }
    const gateway = await bench.freshGateway();
    try {
      await delay(bench.timing.idleMs);
      const idle = treeMemory(gateway.pid);
      const load = await bench.runHttpLoad({
        url: `${gateway.url}${chatPath}`,
        token: gateway.token,
        body: chatBody('pllan', false),
        connections: 64,
        durationMs: bench.timing.roundMs,
        expect: '"choices"',
      });
      const loaded = treeMemory(gateway.pid);
      return {
        scenario: name,
        figures: [
          figure(`${name}.idle`, 'idle, resident', 'MB', idle.rssMb),
          figure(`${name}.idle-pss`, 'idle, shared pages once', 'MB', idle.pssMb),
          figure(`${name}.loaded`, 'after 64 connections, resident', 'MB', loaded.rssMb),
          figure(`${name}.loaded-pss`, 'after 64 connections, shared pages once', 'MB', loaded.pssMb),
        ],
        skipped: [],
        failures: failuresOf({ gateway: load }),
        details: { idle, loaded, load },
      };
    } finally {
      await gateway.stop();
    }
  },
};
