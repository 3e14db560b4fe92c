/** Credentials in a config document that are neither refs nor made of variables. */
import { readRef } from '../../shared/secrets/ref.js';
import { formatPath } from '../../shared/config/path.js';
import { configPath, placesOf, secretTargets } from '../../shared/secrets/targets.js';
import { namesCredential, plaintext, type Finding } from './finding.js';

export function scanConfig(file: string, document: unknown): Finding[] {
  return secretTargets.flatMap((target) =>
    [...placesOf(target, document)].flatMap(({ segments, value }) => {
      const isMeant = !target.anyText || namesCredential(segments.at(-1) ?? '');
      if (!isMeant || !isPlaintext(value)) return [];
      const owner = target.owner === 'model-provider' ? segments[target.ownerAt ?? 0] : undefined;
      const path = formatPath(configPath(segments, target.shape));
      return [plaintext(file, path, owner === undefined ? {} : { provider: owner })];
    }),
  );
}

export function isPlaintext(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    value.trim() !== '' &&
    readRef(value).kind === 'value' &&
    !/\$\{[A-Z_][A-Z0-9_]*\}/.test(value)
  );
}
