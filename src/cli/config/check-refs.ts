/** Whether the secrets that a change names are there: `pllan config set --dry-run` (cli.md §11). Values are looked at, never shown. */
import type { LoadedConfig } from '../../shared/config/load.js';
import type { PlacedRef } from '../../shared/secrets/config-refs.js';
import { describeFailure } from '../../shared/secrets/failure.js';
import { resolveRefs } from '../../shared/secrets/resolve.js';
import { UserError } from '../user-error.js';

export interface CheckedRefs {
  readonly refsChecked: number;
  /** Those of commands, which only run when they may. */
  readonly skippedExecRefs: number;
}

/** @throws UserError that names each ref of the change that leads nowhere */
export async function checkRefs(
  { refs, env, config }: Pick<LoadedConfig, 'refs' | 'env' | 'config'>,
  changedPaths: readonly string[],
  { home, allowExec }: { readonly home: string; readonly allowExec: boolean },
): Promise<CheckedRefs> {
  const meant = refs.filter((placed) => changedPaths.some((path) => concerns(path, placed)));
  const checked = meant.filter(({ ref }) => allowExec || ref.source !== 'exec');
  const { signal } = new AbortController();
  const { failures } = await resolveRefs(checked, { secrets: config.secrets, env, home, signal });
  if (failures.length > 0) {
    const lines = failures.map((failure) => `- ${describeFailure(failure)}`);
    throw new UserError('invalid config: SecretRef resolution failed', lines);
  }
  return { refsChecked: checked.length, skippedExecRefs: meant.length - checked.length };
}

/** What changed is the ref, or the provider that it asks. */
function concerns(changed: string, { path, ref }: PlacedRef): boolean {
  const within = (inner: string, outer: string): boolean =>
    inner === outer || inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[`);
  return (
    within(path, changed) || within(changed, path) || within(changed, `secrets.providers.${ref.provider}`)
  );
}
