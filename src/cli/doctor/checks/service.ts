/** The gateway as a service (cli.md §12, rows 13 to 15): whether its definition is as it is to be, and what else starts gateways. */
import { auditInstalled, repairService } from '../../service/audit/audit.js';
import { openServiceContext, type ServiceContext } from '../../service/context.js';
import { isOurs } from '../../service/definition.js';
import type { ServiceManager } from '../../service/manager.js';
import { findExtraServices } from '../../status/extra-services.js';
import type { Check, Finding } from '../finding.js';

export const service: Check = {
  section: 'Gateway service config',
  async find({ context: command, deep }) {
    const context = await openServiceContext(command);
    const others = deep ? await otherServices(context) : [];
    const { manager } = context;
    const installed = manager?.command();
    if (!manager || !installed) return others;
    const { issues } = await auditInstalled(context, manager, installed);
    // Somebody else looks after services here.
    const isOthers = command.env.PLLAN_SERVICE_REPAIR_POLICY === 'external';
    // What somebody has written on purpose is only replaced where that is said; and one definition is written as a whole.
    const isMeant = !isOurs(installed) || issues.some(({ level }) => level === 'aggressive');
    const found = issues.map(({ code, level, message, repair }): Finding => {
      const finding = { code, level: 'warn', message } as const;
      if (repair === 'advice' || isOthers) return finding;
      const question = 'Write the service definition anew, and restart the service?';
      const weight = isMeant ? 'aggressive' : level;
      return { ...finding, repair: { question, level: weight, run: () => rewrite(context) } };
    });
    return [...found, ...(isOthers ? [] : await state(manager)), ...others];
  },
};

/** One definition is written once, whatever is wrong with it: the first repair mends the others, too. */
async function rewrite(context: ServiceContext): Promise<string> {
  const { rewritten, notes } = await repairService(context, true);
  if (!rewritten) return 'Mended with the one before';
  return ['Written anew; the old one is kept beside it', ...notes].join('. ');
}

async function state(manager: ServiceManager): Promise<readonly Finding[]> {
  const problem = await manager.problem();
  if (problem)
    return [
      { code: 'service-manager', level: 'warn', message: problem.message, advice: problem.hints.join(' ') },
    ];
  const [loaded, hints] = await Promise.all([manager.isLoaded(), manager.hints()]);
  const disabled: Finding = {
    code: 'service-disabled',
    level: 'warn',
    message: `The service is installed and ${manager.notLoadedText}: it does not start with the machine.`,
    advice: 'pllan gateway install --force enables it, pllan gateway uninstall removes it.',
  };
  const lingering = hints.map(({ code, message, question, mend }): Finding => {
    const run = async (): Promise<string> => {
      await mend();
      return 'Done';
    };
    return { code, level: 'warn', message, repair: { question, level: 'recommended', run } };
  });
  return [...(loaded ? [] : [disabled]), ...lingering];
}

async function otherServices(context: ServiceContext): Promise<readonly Finding[]> {
  return (await findExtraServices(context)).map(({ label, scope, detail }): Finding => {
    return {
      code: 'service-extra',
      level: 'warn',
      message: `Another service looks like a gateway: ${label} (${scope}, ${detail}).`,
      advice: 'If it is not meant, remove it by its service manager; two gateways need two ports.',
    };
  });
}
