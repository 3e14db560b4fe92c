/** `pllan dashboard`: where the gateway's page is, with the token that it asks for (cli.md §14). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readTokenFile, usableSecret } from '../../shared/auth/secret-sources.js';
import { readRef } from '../../shared/secrets/ref.js';
import { valueOf } from '../../shared/config/read/node.js';
import { readSource } from '../../shared/config/read/source.js';
import type { CommandContext, CommandHandler } from '../command.js';
import { readCliConfig } from '../config/cli-config.js';
import { valueAt } from '../config/edit-config.js';
import { pageAddress } from '../client/page-address.js';
import { localTarget } from '../client/target.js';
import { UserError } from '../user-error.js';

export const dashboard: CommandHandler = async (options, context) => {
  const { env, paths, output } = context;
  const config = readCliConfig(env, paths);
  const none = { token: undefined, password: undefined, port: undefined };
  const { url } = localTarget({ ...none, token: 'of no matter' }, { env: config.env, paths, config });
  const page = pageAddress(url, config.gateway.controlUi);
  if (page === undefined)
    throw new UserError('The gateway serves no page: gateway.controlUi.enabled=false.', [
      'Switch it on with: pllan config set gateway.controlUi.enabled true',
    ]);
  const { mode, password } = config.gateway.auth;
  const asksForToken = mode === 'token' || (mode === null && usableSecret(password) === undefined);
  const token = asksForToken ? plainToken(context) : undefined;
  const address = token === undefined ? page : `${page}#token=${encodeURIComponent(token)}`;
  if (options.flag('json')) {
    output.document({ url: address });
    return 0;
  }
  output.print(`Dashboard: ${address}`);
  if (asksForToken && token === undefined)
    output.note('The page will ask for the token: it is kept elsewhere than in the config.');
  if (!options.flag('no-open') && context.terminal() && !(await open(address)))
    output.note('No browser could be opened: copy the address.');
  return 0;
};

/** As the file says it. */
function documentOf({ env, paths }: CommandContext): unknown {
  return valueOf(readSource({ path: paths.configPath, env }).root);
}

/** Undefined for one that a reference names: it is not written where somebody may copy it from. */
function plainToken(context: CommandContext): string | undefined {
  const { env, paths } = context;
  const written = valueAt(documentOf(context), ['gateway', 'auth', 'token']);
  if (written === undefined) return usableSecret(env.PLLAN_GATEWAY_TOKEN) ?? readTokenFile(paths.tokenFile);
  const isPlain = typeof written === 'string' && !written.includes('${') && readRef(written).kind === 'value';
  return isPlain ? usableSecret(written) : undefined;
}

/** With whatever opens pages here. */
async function open(address: string): Promise<boolean> {
  const [command, ...args] = {
    darwin: ['open', address],
    win32: ['rundll32', 'url.dll,FileProtocolHandler', address],
  }[process.platform as string] ?? ['xdg-open', address];
  try {
    const child = spawn(command as string, args, { stdio: 'ignore', detached: true });
    await once(child, 'spawn');
    child.unref();
    return true;
  } catch {
    return false;
  }
}
