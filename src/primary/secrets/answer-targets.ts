/** Values of chosen refs for a command on this machine that must not run commands of providers itself (methods.md §7). */
import { describeFailure, SecretsUnavailable } from '../../shared/secrets/failure.js';
import type { JudgedRef } from '../../shared/secrets/surfaces.js';
import { everyTarget } from '../../shared/secrets/targets.js';
import type { SnapshotKeeper } from '../snapshot/keeper.js';

export interface TargetsQuestion {
  readonly targetIds: readonly string[];
  /** Only these. */
  readonly allowedPaths: readonly string[] | undefined;
  /** Resolved although they are not active. */
  readonly forcedActivePaths: readonly string[];
  /** The same, and a failure of one is only told. */
  readonly optionalActivePaths: readonly string[];
}

export interface TargetsAnswer {
  readonly assignments: readonly {
    readonly path: string;
    readonly pathSegments: readonly string[];
    readonly value: string;
  }[];
  readonly diagnostics: readonly string[];
  readonly inactiveRefPaths: readonly string[];
}

/** The first id that names no target; undefined when all do. */
export function unknownTarget(ids: readonly string[]): string | undefined {
  return ids.find((id) => everyTarget.every(({ type }) => type !== id));
}

/** @throws SecretsUnavailable when one that is needed has no value */
export async function answerTargets(
  { targetIds, allowedPaths, forcedActivePaths, optionalActivePaths }: TargetsQuestion,
  keeper: Pick<SnapshotKeeper, 'current' | 'resolve'>,
): Promise<TargetsAnswer> {
  const { refs, values } = keeper.current;
  const meant = refs.filter(
    ({ target, path }) => targetIds.includes(target.type) && (allowedPaths?.includes(path) ?? true),
  );
  const isExtra = ({ path, active }: JudgedRef): boolean =>
    !active && (forcedActivePaths.includes(path) || optionalActivePaths.includes(path));
  const { values: extra, failures } = await keeper.resolve(meant.filter(isExtra));
  const fatal = failures.filter(({ path }) => forcedActivePaths.includes(path));
  if (fatal.length > 0) throw new SecretsUnavailable(fatal, refs);
  const found = new Map([...values, ...extra]);
  return {
    assignments: meant.flatMap(({ path, segments: pathSegments }) => {
      const value = found.get(path);
      return value === undefined ? [] : [{ path, pathSegments, value }];
    }),
    diagnostics: failures.map(describeFailure),
    inactiveRefPaths: meant.filter((ref) => !ref.active && !isExtra(ref)).map(({ path }) => path),
  };
}
