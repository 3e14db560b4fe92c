/** Keys that older releases had, and where what they say belongs now (config.md §7). */
import { isDeepStrictEqual } from 'node:util';
import type { ConfigPath } from '../../shared/config/path.js';
import { formatPath } from '../../shared/config/path.js';
import type { Edit } from '../../shared/config/write/edits.js';
import { valueAt } from '../config/edit-config.js';
import { isRecord, recordOf } from '../record.js';

export interface Migration {
  readonly edits: readonly Edit[];
  /** The old key, and what became of it; without a value. */
  readonly steps: readonly string[];
  /** Old keys whose new place says something else already, which counts. */
  readonly lost: readonly string[];
}

/** Hosts that `gateway.bind` once took. */
const bindModes: Readonly<Record<string, string>> = {
  '0.0.0.0': 'lan',
  '::': 'lan',
  '127.0.0.1': 'loopback',
  '::1': 'loopback',
  localhost: 'loopback',
};

/** Undefined where there are none. */
export function legacyMigration(document: unknown): Migration | undefined {
  const edits: Edit[] = [];
  const steps: string[] = [];
  const lost: string[] = [];
  const move = (from: ConfigPath, to: ConfigPath): void => {
    const value = valueAt(document, from);
    if (value === undefined) return;
    const added = additions(valueAt(document, to), value, { from, to });
    edits.push(...added.edits, { path: from, remove: true });
    lost.push(...added.lost);
    if (added.lost.length === 0 || added.edits.length > 0)
      steps.push(`${formatPath(from)} is ${formatPath(to)} now`);
  };
  move(['gateway', 'token'], ['gateway', 'auth', 'token']);
  for (const [section, placeOf] of sections) {
    const old = valueAt(document, [section]);
    if (!isRecord(old)) continue;
    for (const key of Object.keys(old)) move([section, key], placeOf(key));
    edits.push({ path: [section], remove: true });
    if (Object.keys(old).length === 0) steps.push(`${section} says nothing`);
  }
  const bind = recordOf(recordOf(document).gateway).bind;
  const mode = typeof bind === 'string' ? bindModes[bind] : undefined;
  if (mode !== undefined) {
    edits.push({ path: ['gateway', 'bind'], value: mode });
    steps.push(`gateway.bind=${String(bind)} is ${mode} now`);
  }
  return edits.length === 0 ? undefined : { edits, steps, lost };
}

const sections: readonly (readonly [string, (key: string) => ConfigPath])[] = [
  ['agent', (key) => ['agents', 'defaults', key]],
  ['routing', (key) => (key === 'bindings' ? ['bindings'] : ['messages', key])],
];

interface Move {
  readonly from: ConfigPath;
  readonly to: ConfigPath;
}

/** What of `old` is not said at its new place, and where that says something else. */
function additions(there: unknown, old: unknown, { from, to }: Move): Pick<Migration, 'edits' | 'lost'> {
  if (there === undefined) return { edits: [{ path: to, value: old }], lost: [] };
  if (!isRecord(there) || !isRecord(old))
    return { edits: [], lost: isDeepStrictEqual(there, old) ? [] : [formatPath(from)] };
  const parts = Object.entries(old).map(([key, value]) =>
    additions(there[key], value, { from: [...from, key], to: [...to, key] }),
  );
  return { edits: parts.flatMap(({ edits }) => edits), lost: parts.flatMap(({ lost }) => lost) };
}
