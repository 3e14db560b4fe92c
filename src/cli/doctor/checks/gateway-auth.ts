/** Who may use the gateway: a secret there is, and it is known which (cli.md §12, row 3; config.md §9.3). */
import { randomBytes } from 'node:crypto';
import { readTokenFile, usableSecret } from '../../../shared/auth/secret-sources.js';
import { changeConfig, valueAt } from '../../config/edit-config.js';
import type { Check, Repair } from '../finding.js';
import type { Site } from '../site.js';

const AUTH = ['gateway', 'auth'];

export const gatewayAuth: Check = {
  section: 'Gateway',
  changesSite: true,
  find(site) {
    const { loaded, document, context } = site;
    if (!loaded.ok || loaded.config.gateway.mode !== 'local') return [];
    const { bind } = loaded.config.gateway;
    const { mode } = loaded.config.gateway.auth;
    const written = (name: string): unknown => valueAt(document, [...AUTH, name]);
    const { env, paths } = context;
    if (mode === null && written('token') !== undefined && written('password') !== undefined)
      return [
        {
          code: 'auth-ambiguous',
          level: 'error',
          message: 'gateway.auth has a token and a password, and no mode says which counts.',
          repair: { ...setMode(site, 'token'), question: 'Let the token count (gateway.auth.mode=token)?' },
        },
      ];
    if (mode === 'none' && bind !== 'loopback')
      return [
        {
          code: 'auth-open',
          level: 'error',
          message: `gateway.auth.mode=none with gateway.bind=${bind}: the gateway refuses to start.`,
          repair: { ...setMode(site, 'token'), question: 'Ask for a token (gateway.auth.mode=token)?' },
        },
      ];
    const hasPassword =
      written('password') !== undefined || usableSecret(env.PLLAN_GATEWAY_PASSWORD) !== undefined;
    if (mode === 'password' && !hasPassword)
      return [
        {
          code: 'auth-password-missing',
          level: 'error',
          message: 'gateway.auth.mode=password, and there is no password.',
          advice:
            'pllan config set gateway.auth.password --ref-source env --ref-id PLLAN_GATEWAY_PASSWORD, or set that variable.',
        },
      ];
    const needsToken = mode === 'token' || (mode === null && !hasPassword);
    const hasToken =
      written('token') !== undefined ||
      usableSecret(env.PLLAN_GATEWAY_TOKEN) !== undefined ||
      hasTokenFile(paths.tokenFile);
    // On loopback the gateway makes one itself when it starts.
    if (!needsToken || hasToken || (bind === 'loopback' && mode === null)) return [];
    return [
      {
        code: 'auth-token-missing',
        level: bind === 'loopback' ? 'warn' : 'error',
        message: 'The gateway asks for a token, and there is none.',
        repair: {
          question: 'Make one and write it to gateway.auth.token?',
          level: 'recommended',
          run: () => writeToken(site),
        },
      },
    ];
  },
};

/** One that cannot be read is told of elsewhere. */
function hasTokenFile(file: string): boolean {
  try {
    return readTokenFile(file) !== undefined;
  } catch {
    return true;
  }
}

/** Never takes the place of what is there, a reference in particular. */
export async function writeToken({ context, document }: Pick<Site, 'context' | 'document'>): Promise<string> {
  const path = [...AUTH, 'token'];
  if (valueAt(document, path) !== undefined) return 'gateway.auth.token is set already; it was left as it is';
  const edits = [{ path, value: randomBytes(24).toString('hex') }];
  await changeConfig(context, { kind: 'edits', edits }, false);
  return 'Wrote a new token to gateway.auth.token';
}

function setMode({ context }: Site, value: string): Omit<Repair, 'question'> {
  return {
    level: 'recommended',
    async run() {
      const edits = [{ path: [...AUTH, 'mode'], value }];
      await changeConfig(context, { kind: 'edits', edits }, false);
      return `Set gateway.auth.mode=${value}`;
    },
  };
}
