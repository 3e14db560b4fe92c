/** `pllan status`: the gateway and its surroundings at a glance; exit 0 whatever it finds (cli.md §6). */
import type { CommandHandler } from '../command.js';
import { overviewLimits } from '../limits.js';
import { overviewLines } from '../overview/human.js';
import { lastLines } from '../overview/log-end.js';
import { pasteLines, troubleOf } from '../overview/paste.js';
import { collectOverview } from '../overview/report.js';
import { logFileOf } from '../status/log-facts.js';
import { gatewayAccess } from './client-flags.js';

export const status: CommandHandler = async (options, context) => {
  const { output, paths, storedSessions } = context;
  const access = await gatewayAccess(options, context);
  const all = options.flag('all');
  const wishes = {
    deep: all || options.flag('deep') || options.flag('verbose'),
    usage: options.flag('usage'),
  };
  const { overview, port } = await collectOverview(access, storedSessions, wishes);
  const { config } = access.sources;
  if (options.flag('json')) output.document(overview);
  else if (!all)
    output.print(...overviewLines(overview, output.style, Date.now(), config.exists).map(output.advice));
  else {
    const logFile = logFileOf(config, paths);
    const trouble = lastLines(logFile, overviewLimits.logBytes)
      .flatMap((line) => troubleOf(line) ?? [])
      .slice(-overviewLimits.logLines);
    const facts = { overview, port, config, home: paths.home, logFile, trouble };
    output.print(...pasteLines(facts, output.style).map(output.advice));
  }
  return 0;
};
