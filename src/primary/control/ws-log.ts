/**
 * Requests over WebSocket in the log (operations.md §6): those that failed or took long always, all of them on the debug
 * level. One line for request and answer, unless both are wanted:
 *
 *   ⇄ res ✓ health 3ms conn=… id=…
 */
import type { WsLogStyle } from '../../shared/gateway-options.js';
import type { Logger } from '../../shared/log/logger.js';
import { limitRepeats } from '../../shared/log/repeat-limit.js';
import { controlLimits } from '../../shared/limits.js';
import type { ErrorShape } from '../../shared/protocol/frames.js';

export interface WsCall {
  readonly method: string;
  readonly id: string;
  readonly conn: string;
}

export interface WsLog {
  asked(call: WsCall): void;
  /** `error` is what the client is told, with nothing secret in it. */
  answered(call: WsCall, ms: number, error?: ErrorShape): void;
  stop(): void;
}

/** @param known whether a method has that name: others are all counted as one */
export function createWsLog(log: Logger, style: WsLogStyle, known: (method: string) => boolean): WsLog {
  const failures = limitRepeats<string>((method, more) =>
    log.info('ws.failed-call', `⇄ res ✗ ${method}: ${more} more`, { method, more }),
  );
  const line = ({ method, id, conn }: WsCall, took: string): string =>
    `${shown(method)}${took} conn=${conn} id=${shown(id)}`;
  return {
    asked(call) {
      if (style === 'full' && log.enabled('debug')) log.debug('ws.request', `→ req ${line(call, '')}`);
    },
    answered(call, ms, error) {
      const took = ` ${Math.round(ms)}ms`;
      const arrow = style === 'full' ? '← res' : '⇄ res';
      if (error) {
        const text = `${arrow} ✗ ${line(call, took)} ${error.code}: ${error.message}`;
        if (failures.admit(known(call.method) ? call.method : 'unknown'))
          log.info('ws.failed-call', text, { conn: call.conn, code: error.code });
        else log.debug('ws.response', text);
      } else if (ms >= controlLimits.slowCallMs) {
        log.info('ws.slow-call', `${arrow} ✓ ${line(call, took)}`, { conn: call.conn });
      } else if (call.method !== 'logs.tail' && log.enabled('debug')) {
        // Whoever follows the log would see nothing but himself.
        log.debug('ws.response', `${arrow} ✓ ${line(call, took)}`);
      }
    },
    stop: failures.flush,
  };
}

const MAX_CHARS = 64;

/** A client's own words. */
function shown(text: string): string {
  return text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}…` : text;
}
