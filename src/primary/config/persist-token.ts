/** Writes a generated token where it belongs: atomically, readable by the owner only, the old text kept as `.bak`. */
import JSON5 from 'json5';
import { copyFileSync, readFileSync } from 'node:fs';
import type { Logger } from '../../shared/log/logger.js';
import { writePrivateFile } from '../../shared/private-file.js';
import { toError } from '../../shared/to-error.js';

/** Puts the token into an existing config as `gateway.auth.token`; false when the file cannot be rewritten. */
export function persistToken(configPath: string, token: string, log: Logger): boolean {
  try {
    const config = JSON5.parse<Record<string, unknown>>(readFileSync(configPath, 'utf8'));
    const gateway = (config.gateway ?? {}) as Record<string, unknown>;
    const auth = (gateway.auth ?? {}) as Record<string, unknown>;
    const changed = { ...config, gateway: { ...gateway, auth: { ...auth, token } } };
    copyFileSync(configPath, `${configPath}.bak`);
    writePrivateFile(configPath, `${JSON.stringify(changed, null, 2)}\n`);
    return true;
  } catch (caught) {
    log.warn('config.write', `config not written: ${toError(caught).message}`);
    return false;
  }
}
