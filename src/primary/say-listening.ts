/** The lines with which the log says where the gateway is (operations.md §2). */
import type { StartPlan } from './config/start-plan.js';
import type { GatewayLog } from './log/open-log.js';

export function sayListening({ bind, port, routes, config }: StartPlan, { log, path }: GatewayLog): void {
  const [host = ''] = bind.required;
  const scheme = config.gateway.tls.enabled ? 'wss' : 'ws';
  log.info('listening', `listening on ${scheme}://${host}:${port} (PID ${process.pid})`, { host, port });
  log.info('log-file', `log file: ${path}`);
  log.info('model', `agent model: ${routes.agents[routes.defaultAgentId]?.model}`);
}
