/** `gateway start`: the installed service. */
import type { ServiceContext } from '../context.js';
import { needInstalled, needManager } from './need-manager.js';
import type { Outcome } from './outcome.js';
import { explaining } from './why-unhealthy.js';

export async function startService(context: ServiceContext): Promise<Outcome> {
  needInstalled(context.manager);
  const manager = await needManager(context);
  await explaining(context, () => manager.start());
  return { result: 'started', message: 'Gateway service started.' };
}
