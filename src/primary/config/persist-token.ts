/** Writes a generated token where it belongs: atomically, readable by the owner only, the old text kept as `.bak`. */
import JSON5 from 'json5';
import {
  closeSync,
  copyFileSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import type { Logger } from '../../shared/log/logger.js';
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

/** Temp file in the same folder, fsync, rename; mode 0600. */
export function writePrivateFile(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } catch (caught) {
    rmSync(temporary, { force: true });
    throw caught;
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}
