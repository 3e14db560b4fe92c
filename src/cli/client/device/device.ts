/** This command line as a device: who it is, and the tokens that it was given. Nothing is read or made before it is asked for. */
import { join } from 'node:path';
import { toError } from '../../../shared/to-error.js';
import { openIdentity, type DeviceIdentity } from './identity-file.js';
import { readTokens, writeTokens, type StoredToken, type StoredTokens } from './token-file.js';

export interface Device {
  /** Undefined when it can neither be read nor stored: gateways are then asked without one. */
  identity(): DeviceIdentity | undefined;
  /** Why there is no identity, once it has been asked for. */
  problem(): string | undefined;
  token(role: string): StoredToken | undefined;
  remember(token: Omit<StoredToken, 'updatedAtMs'>): void;
  /** Drops a role's token; with `token`, only when it is that one. */
  forget(role: string, token?: string): void;
}

/** Its key. */
export function deviceFile(dir: string): string {
  return join(dir, 'device.json');
}

/** @param dir where its files are; @param note told what people should know */
export function openDevice(dir: string, note: (line: string) => void): Device {
  const tokenFile = join(dir, 'device-auth.json');
  let known: { readonly identity?: DeviceIdentity; readonly problem?: string } | undefined;

  const look = (): NonNullable<typeof known> => {
    if (known) return known;
    try {
      known = { identity: openIdentity(deviceFile(dir), note) };
    } catch (caught) {
      known = { problem: toError(caught).message };
    }
    return known;
  };
  const tokens = (deviceId: string): StoredTokens => readTokens(tokenFile, deviceId);
  const store = (deviceId: string, changed: StoredTokens): void => {
    try {
      writeTokens(tokenFile, deviceId, changed);
    } catch (caught) {
      note(`The device token was not stored: ${toError(caught).message}`);
    }
  };

  return {
    identity: () => look().identity,
    problem: () => known?.problem,
    token(role) {
      const { identity } = look();
      return identity && tokens(identity.deviceId)[role];
    },
    remember(token) {
      const { identity } = look();
      if (!identity) return;
      const before = tokens(identity.deviceId);
      const same = before[token.role];
      if (same?.token === token.token && sameScopes(same.scopes, token.scopes)) return;
      store(identity.deviceId, { ...before, [token.role]: { ...token, updatedAtMs: Date.now() } });
    },
    forget(role, token) {
      const { identity } = look();
      if (!identity) return;
      const { [role]: dropped, ...rest } = tokens(identity.deviceId);
      if (dropped && (token === undefined || dropped.token === token)) store(identity.deviceId, rest);
    },
  };
}

function sameScopes(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((scope) => b.includes(scope));
}
