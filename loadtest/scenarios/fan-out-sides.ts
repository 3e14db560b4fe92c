/** The servers that can send to many subscribers, each with the load that fits it, and the figures of what arrives. */
import type { Bench } from '../bench.js';
import { figure, type Figure } from '../figures.js';
import type { FanOutResult, FanOutSource } from '../load-protocol.js';
import type { Measured } from '../rounds.js';

export interface FanOutShape {
  readonly subscribers: number;
  readonly stalled?: number;
  readonly source: FanOutSource;
}

export interface FanOutSide {
  readonly pid: number;
  load(durationMs: number): Promise<FanOutResult>;
}

/** Of a WebSocket frame between 126 bytes and 64 KiB. */
const headerBytes = 4;

export async function gatewayFanOut(bench: Bench, shape: FanOutShape): Promise<FanOutSide> {
  const { pid, port, token } = await bench.gateway();
  return {
    pid,
    load: (durationMs) => bench.runFanOutLoad({ stalled: 0, ...shape, pid, port, token, durationMs }),
  };
}

/** A bare `ws` broadcast of messages that make frames of this size. */
export async function baselineFanOut(
  bench: Bench,
  shape: FanOutShape,
  frameBytes: number,
): Promise<FanOutSide> {
  const { pid, port } = await bench.wsBroadcast(Math.round(frameBytes) - headerBytes);
  return {
    pid,
    load: (durationMs) => bench.runFanOutLoad({ stalled: 0, ...shape, pid, port, token: null, durationMs }),
  };
}

export function deliveryFigures(
  name: string,
  what: string,
  gateway: Measured,
  baseline: Measured,
): readonly Figure[] {
  return [
    figure(`${name}.rate`, `deliveries/s, ${what}`, 'frames/s', gateway.rate, baseline.rate),
    ...(gateway.cpuMicros === undefined
      ? []
      : [
          figure(
            `${name}.cpu`,
            'CPU per delivery, process tree',
            'µs',
            gateway.cpuMicros,
            baseline.cpuMicros,
          ),
        ]),
  ];
}
