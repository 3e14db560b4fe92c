/** WebSocket RPC: 50 connections with 4 `health` requests in flight each. The bare echo gets the same request frames. */
import { failuresOf, measureInTurns, type Side } from '../rounds.js';
import { compare } from './comparison.js';
import type { Scenario } from './scenario.js';

const name = 'ws-rpc';
const shape = { connections: 50, inFlight: 4 };

export const wsRpc: Scenario = {
  name,
  run: async (bench) => {
    const echo = await bench.wsEcho();
    const gateway = await bench.gateway();
    const side = (pid: number, url: string, token: string | null): Side => ({
      pid,
      load: (durationMs) => bench.runRpcLoad({ url, token, durationMs, ...shape }),
    });
    const measured = await measureInTurns(
      {
        baseline: side(echo.pid, `ws://127.0.0.1:${echo.port}/`, null),
        gateway: side(gateway.pid, gateway.wsUrl, gateway.token),
      },
      bench.timing,
    );
    return {
      scenario: name,
      ...compare(name, measured.gateway, measured.baseline),
      failures: failuresOf(measured),
      details: measured,
    };
  },
};
