/** `onboard --install-daemon`: the gateway as a service of this machine, and up (cli.md §13). */
import { localHost } from '../client/target.js';
import type { CommandContext } from '../command.js';
import { installService } from '../service/actions/install.js';
import type { Outcome } from '../service/actions/outcome.js';
import { whyUnhealthy } from '../service/actions/why-unhealthy.js';
import { openServiceContext } from '../service/context.js';
import { becomesHealthy } from '../service/healthy.js';
import { UserError } from '../user-error.js';

/** @throws UserError where no service can be installed, or its gateway does not become ready */
export async function installDaemon(command: CommandContext, skipHealth: boolean): Promise<Outcome> {
  const since = performance.now();
  const wishes = { port: undefined, token: undefined, wrapper: undefined, force: false, system: false };
  const outcome = await installService(command, wishes);
  if (skipHealth) return outcome;
  const context = await openServiceContext(command);
  const { gateway } = context.config;
  const isHealthy = await becomesHealthy({
    host: localHost(context).host,
    port: () => gateway.port,
    tls: gateway.tls.enabled,
    // One that was installed before has run for a while.
    since: outcome.result === 'already-installed' ? 0 : since,
  });
  if (isHealthy) return outcome;
  throw new UserError(
    `The service is installed, but no gateway is ready on port ${gateway.port}.`,
    await whyUnhealthy(context, gateway.port),
  );
}
