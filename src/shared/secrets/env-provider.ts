/** Secrets in environment variables (secrets.md §3.1). */
import type { EnvProviderConfig } from '../config/secrets-schema.js';
import type { Environment } from '../paths.js';
import { SecretFailure } from './failure.js';

/** @throws SecretFailure */
export function readVariable(id: string, { allowlist }: EnvProviderConfig, env: Environment): string {
  if (allowlist && !allowlist.includes(id)) throw new SecretFailure('NOT_ALLOWED', 'not on the allowlist');
  const value = env[id];
  if (!value) throw new SecretFailure('NOT_FOUND', 'the environment variable is not set');
  return value;
}
