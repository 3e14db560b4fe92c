/** Waits until a gateway that was started anew is ready for work. */
import { get as getPlainly } from 'node:http';
import { get as getSecurely } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { serviceLimits } from '../limits.js';
import { isRecord, numberOf } from '../record.js';

export interface HealthyOptions {
  readonly host: string;
  /** Where it is expected at the moment: with another config it comes up elsewhere. */
  port(): number;
  readonly tls: boolean;
  /** Of `performance.now()`: what has run for longer is the one from before. */
  readonly since: number;
  readonly limitMs?: number;
}

/** False when the time is over. */
export async function becomesHealthy(options: HealthyOptions): Promise<boolean> {
  const end = performance.now() + (options.limitMs ?? serviceLimits.healthyMs);
  for (;;) {
    if (await isHealthy(options)) return true;
    if (performance.now() > end) return false;
    await sleep(serviceLimits.healthPollMs);
  }
}

function isHealthy({ host, port, tls, since }: HealthyOptions): Promise<boolean> {
  const options = {
    host,
    port: port(),
    path: '/readyz',
    agent: false,
    // Nothing is told to it, and what it says is believed of this very address only.
    rejectUnauthorized: false,
    timeout: serviceLimits.healthAnswerMs,
  } as const;
  return new Promise((resolve) => {
    const request = (tls ? getSecurely : getPlainly)(options, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
        if (body.length > 65_536) request.destroy();
      });
      answer.on('end', () => resolve(answer.statusCode === 200 && isNew(body, since)));
      answer.on('close', () => resolve(false));
    });
    request.on('timeout', () => request.destroy()).on('error', () => resolve(false));
  });
}

/** Details are for callers of this machine: without them an answer has to do. */
function isNew(body: string, since: number): boolean {
  try {
    const state: unknown = JSON.parse(body);
    const uptimeMs = isRecord(state) ? numberOf(state.uptimeMs) : undefined;
    return uptimeMs === undefined || uptimeMs <= performance.now() - since;
  } catch {
    return false; // not a gateway
  }
}
