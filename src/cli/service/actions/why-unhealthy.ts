/** What people look at first when a gateway does not come up. */
import { inspectPort } from '../../status/inspect-port.js';
import { lastGatewayError, logFileOf } from '../../status/log-facts.js';
import { runtimeText } from '../../status/runtime-text.js';
import { UserError } from '../../user-error.js';
import type { ServiceContext } from '../context.js';

export async function whyUnhealthy(context: ServiceContext, port: number): Promise<readonly string[]> {
  const { manager, config, paths } = context;
  const { listeners } = await inspectPort(port);
  const logFile = logFileOf(config, paths);
  const error = lastGatewayError(logFile);
  return [
    ...(manager?.command() ? [`Runtime: ${runtimeText(await manager.runtime())}`] : []),
    ...(listeners.length === 0
      ? [`Nothing listens on port ${port}.`]
      : listeners.map(
          ({ address, pid }) => `Port ${port}: ${address}${pid === undefined ? '' : ` pid ${pid}`}`,
        )),
    ...(error === undefined ? [] : [`Last gateway error: ${error}`]),
    `File logs: ${logFile}`,
    'Run: pllan gateway status --deep',
  ];
}

/** A manager that could not start the gateway only says so: what is known beside that is added. */
export async function explaining<T>(context: ServiceContext, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (caught) {
    if (!(caught instanceof UserError)) throw caught;
    const why = await whyUnhealthy(context, context.config.gateway.port);
    throw new UserError(caught.message, [...caught.details, ...why], caught.facts);
  }
}
