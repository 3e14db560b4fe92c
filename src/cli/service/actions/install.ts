/** `gateway install`: checks what the service will start from, writes its definition, enables and starts it (cli.md §5). */
import { existsSync } from 'node:fs';
import { displayPath, expandHome } from '../../../shared/paths.js';
import { makePrivateDir } from '../../../shared/private-file.js';
import type { CommandContext } from '../../command.js';
import { readCliConfig } from '../../config/cli-config.js';
import { UserError } from '../../user-error.js';
import { openServiceContext, type ServiceContext } from '../context.js';
import { isOurs } from '../definition.js';
import type { ServiceManager } from '../manager.js';
import { findGateway } from '../running-gateway.js';
import { needManager } from './need-manager.js';
import type { Outcome } from './outcome.js';
import { requireStartable } from './preflight.js';
import { ensureServiceAuth } from './service-auth.js';
import { saveToConfig } from './save-to-config.js';
import { explaining } from './why-unhealthy.js';

export interface InstallWishes {
  readonly port: number | undefined;
  /** Saved to the config; never part of the definition. */
  readonly token: string | undefined;
  readonly wrapper: string | undefined;
  readonly force: boolean;
  /** A unit of the whole machine. */
  readonly system: boolean;
}

export async function installService(command: CommandContext, wishes: InstallWishes): Promise<Outcome> {
  const scope = wishes.system ? { system: true } : {};
  const context = await openServiceContext(command, scope);
  const { paths, config, ownEnv } = context;
  requireStartable(config, paths.home);
  const manager = await needManager(context);
  const there = manager.command();
  if (there && !wishes.force) {
    if (!isOurs(there))
      throw new UserError(`${manager.definitionPath} was not written by pllan.`, [
        'Replace it (the old one is kept beside it) with: pllan gateway install --force',
      ]);
    if (await manager.isLoaded())
      return {
        result: 'already-installed',
        message: 'Gateway service already enabled. Reinstall with: pllan gateway install --force',
      };
  }
  await refuseBesideForeground(context, manager);
  makePrivateDir(paths.stateDir);
  const saved = await ensureServiceAuth(command, context, wishes.token);
  if (wishes.port !== undefined && wishes.port !== readCliConfig(ownEnv, paths).gateway.port) {
    await saveToConfig(command, ['gateway', 'port'], wishes.port);
    saved.push(`gateway.port was set to ${wishes.port} in the config.`);
  }
  const definition = await context.desired(manager, {
    ...(wishes.port === undefined ? {} : { port: wishes.port }),
    wrapper: wishes.wrapper === undefined ? undefined : readWrapper(wishes.wrapper, paths.home),
  });
  const notes = await explaining(context, () => manager.install(definition));
  const warnings = [...saved, ...notes, ...(await keepRunning(manager))];
  if (context.isVersionManaged(definition))
    warnings.push(
      `The service runs on a node of a version manager (${definition.programArguments[0]}): when that goes, so does the service.`,
    );
  return {
    result: 'installed',
    message: `Gateway service installed: ${displayPath(manager.definitionPath, paths.home)}`,
    hints: ['See how it is with: pllan gateway status'],
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

/** What a service needs to stay is tried; what may not be done is said. */
async function keepRunning(manager: ServiceManager): Promise<readonly string[]> {
  const left: string[] = [];
  for (const { message, mend } of await manager.hints()) {
    try {
      await mend();
    } catch (caught) {
      if (!(caught instanceof UserError)) throw caught;
      left.push(message);
    }
  }
  return left;
}

/** The service would wait for its lock in vain, and give up. @throws UserError */
async function refuseBesideForeground({ paths }: ServiceContext, manager: ServiceManager): Promise<void> {
  const running = findGateway(paths.stateDir);
  if (!running || (await manager.runtime()).status === 'running') return;
  throw new UserError(`A gateway of this profile is running in the foreground (pid ${running.pid}).`, [
    'Stop it first with: pllan gateway stop',
  ]);
}

function readWrapper(text: string, home: string): string {
  const path = expandHome(text, home);
  if (existsSync(path)) return path;
  throw new UserError(`--wrapper: there is no ${path}`);
}
