/** `pllan health`: the gateway's own snapshot, or why there is none (cli.md §7). */
import { callGateway } from '../client/call.js';
import type { CommandHandler } from '../command.js';
import { readCliConfig } from '../config/cli-config.js';
import { healthLines } from '../health/human.js';
import { readClientFlags } from './client-flags.js';

export const health: CommandHandler = async (options, { env, paths, output }) => {
  const { target, timeoutMs, json } = readClientFlags(options);
  const config = readCliConfig(env, paths);
  if (!config.valid) {
    output.note(
      ...config.issues.map((issue) => `Config issues: ${issue.path || '<root>'}: ${issue.message}`),
    );
  }
  const snapshot = await callGateway({
    method: 'health',
    params: options.flag('verbose') ? { probe: true } : {},
    flags: target,
    sources: { env, paths, config },
    timeoutMs,
  });
  if (json) output.document(snapshot);
  else output.print(...healthLines(snapshot, output.style));
  return 0;
};
