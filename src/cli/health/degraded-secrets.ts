/** Who works with secrets that could not be resolved anew (secrets.md §7), a line for each. */
import { plainText } from '../output/plain-text.js';
import { recordsOf, textOf, textsOf } from '../record.js';

/** `model-provider openai is stale (models.providers.openai.apiKey): there is no such file` */
export function degradedSecretLines(owners: unknown): string[] {
  return recordsOf(owners).map(({ ownerKind, ownerId, state, paths, reason }) => {
    const owner = [textOf(ownerKind) ?? '?', textOf(ownerId)].filter(Boolean).join(' ');
    const why = textOf(reason);
    const line = `${owner} is ${textOf(state) ?? 'degraded'} (${textsOf(paths).join(', ')})`;
    return plainText(why === undefined ? line : `${line}: ${why}`);
  });
}
