/** Where a target of a plan leads (secrets.md §8.1): to one field that may hold a ref, or nowhere. */
import { formatPath, parsePath } from '../../../shared/config/path.js';
import { readRef, type SecretRef } from '../../../shared/secrets/ref.js';
import {
  configPath,
  profileTargets,
  everyTarget,
  type SecretTarget,
} from '../../../shared/secrets/targets.js';
import { UserError } from '../../user-error.js';
import type { PlanTarget } from './plan-schema.js';

export interface PlacedTarget {
  readonly target: SecretTarget;
  readonly segments: readonly string[];
  readonly ref: SecretRef;
  /** Whose auth profiles it is in; undefined for one in the config. */
  readonly agentId: string | undefined;
  /** Of the profile, should there be none of this id yet. */
  readonly authProfileProvider: string | undefined;
}

const agentIdPattern = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const blocked: ReadonlySet<string> = new Set(['__proto__', 'prototype', 'constructor']);
const ofProfiles: readonly SecretTarget[] = Object.values(profileTargets);

/** @throws UserError */
export function placeTarget(given: PlanTarget, index: number): PlacedTarget {
  const { type, path, authProfileProvider } = given;
  const place = placeOf(given);
  if (!place) throw new UserError(`Invalid plan target path for ${type}: ${path}`);
  const read = readRef(given.ref);
  if (read.kind !== 'ref')
    throw new UserError(
      `Invalid plan: targets[${index}].ref: ${read.kind === 'wrong' ? read.problem : 'is no SecretRef'}`,
    );
  return { ...place, ref: read.ref, authProfileProvider };
}

function placeOf(given: PlanTarget): Pick<PlacedTarget, 'target' | 'segments' | 'agentId'> | undefined {
  const targets = everyTarget.filter((target) => namesOf(target).includes(given.type));
  const segments = segmentsOf(given);
  if (!segments || segments.some((segment) => segment.trim() === '' || blocked.has(segment)))
    return undefined;
  const target = targets.find(({ shape }) => fits(segments, shape));
  if (!target || !hasIds(given, target, segments)) return undefined;
  const isProfile = ofProfiles.includes(target);
  const agentId = given.agentId?.toLowerCase();
  if (isProfile !== (agentId !== undefined)) return undefined;
  if (agentId !== undefined && !agentIdPattern.test(agentId)) return undefined;
  return { target, segments, agentId };
}

/** The type itself, and the paths that it stands for: `models.providers.*.apiKey`, `agents.list[].memory…`. */
function namesOf({ type, shape }: SecretTarget): string[] {
  const path = shape.join('.');
  return [type, path, path.replaceAll('.[]', '[]')];
}

/** Without segments of its own a path is read as people write it. */
function segmentsOf({ path, pathSegments }: PlanTarget): readonly string[] | undefined {
  if (path.trim() === '') return undefined;
  if (!pathSegments) return parsePath(path)?.map(String);
  const same = pathSegments.join('.') === path || samePlace(pathSegments, path);
  return same ? pathSegments : undefined;
}

function samePlace(segments: readonly string[], path: string): boolean {
  const parsed = parsePath(path);
  return parsed !== undefined && JSON.stringify(parsed.map(String)) === JSON.stringify(segments);
}

function fits(segments: readonly string[], shape: readonly string[]): boolean {
  if (segments.length !== shape.length) return false;
  return segments.every((segment, index) => {
    const part = shape[index];
    if (part === '[]') return /^(?:0|[1-9]\d{0,8})$/.test(segment);
    return part === '*' || part === segment;
  });
}

/** An id that a target names is that of its path. */
function hasIds(
  { providerId, accountId }: PlanTarget,
  { owner, shape, ownerAt }: SecretTarget,
  segments: readonly string[],
): boolean {
  const provider = owner === 'model-provider' && ownerAt !== undefined ? segments[ownerAt] : undefined;
  const account = owner === 'channel' && shape[2] === 'accounts' ? segments[3] : undefined;
  return (
    (providerId === undefined || providerId === provider) &&
    (accountId === undefined || accountId === account)
  );
}

/** For people. */
export function describeTarget({ segments, target, agentId }: PlacedTarget): string {
  const path = formatPath(configPath(segments, target.shape));
  return agentId === undefined ? path : `${path} of agent ${agentId}`;
}
