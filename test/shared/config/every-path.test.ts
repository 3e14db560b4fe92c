/**
 * Every path of the schema against a table that is written from the spec: what it takes, its default, what goes before the
 * file, that what is wrong is told at its path, and what a change of it asks for (config.md §5, §7, §8, §9, §12.2).
 */
import { expect, it } from 'vitest';
import { checkTree } from '../../../src/shared/config/check.js';
import { schemaPlaces } from '../../../src/shared/config/describe.js';
import { parseConfig, type LoadOptions } from '../../../src/shared/config/load.js';
import { formatPath, type ConfigPath } from '../../../src/shared/config/path.js';
import { reloadRuleOf } from '../../../src/shared/config/reload/rules.js';
import { configTree, type SchemaLeaf, type SchemaNode } from '../../../src/shared/config/tree.js';
import { agentRows } from './every-path/agent-rows.js';
import { channelRows } from './every-path/channel-rows.js';
import { gatewayRows } from './every-path/gateway-rows.js';
import type { Row, Takes } from './every-path/row.js';
import { placeOf, valueAt, withValue } from './every-path/sample.js';
import { sectionRows } from './every-path/section-rows.js';

const rows = Object.entries({ ...gatewayRows, ...agentRows, ...channelRows, ...sectionRows });
const places = new Map(schemaPlaces().map((place) => [place.path, place]));

type Rest = Partial<LoadOptions>;
const load = (config: object, rest: Rest = {}) =>
  parseConfig(JSON.stringify(config), { path: '/nowhere', env: {}, ...rest });

function valid(config: object, rest: Rest = {}) {
  const loaded = load(config, rest);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues));
  return loaded;
}

const unset = valid({}).config;

/** A list of scalars is checked as a whole: what is wrong with an entry may be told at the list. */
const placesOf = (at: ConfigPath): string[] =>
  typeof at.at(-1) === 'number' ? [formatPath(at), formatPath(at.slice(0, -1))] : [formatPath(at)];

function scalarAt(path: string): SchemaLeaf | undefined {
  let node: SchemaNode | undefined = configTree;
  for (const key of path.split('.')) node = node?.kind === 'branch' ? node.children.get(key) : undefined;
  return node?.kind === 'leaf' ? node : undefined;
}

it('the table has a row for every path, and no other', () => {
  expect(rows.map(([path]) => path).toSorted()).toEqual([...places.keys()].toSorted());
});

const isRef = (value: unknown): boolean => typeof value === 'object' && value !== null && 'source' in value;

function expectTaken(at: ConfigPath, { good }: Takes): void {
  for (const value of good) {
    if (isRef(value)) expect(valid(withValue(at, value)).refs).toMatchObject([{ path: formatPath(at) }]);
    else expect(checkTree(withValue(at, value)).problems).toEqual([]);
  }
}

function expectRefused(at: ConfigPath, { bad, closed }: Takes): void {
  for (const value of bad) {
    const { problems } = checkTree(withValue(at, value));
    expect({ value, at: problems.map((problem) => formatPath(problem.at)) }).toEqual({
      value,
      at: [expect.toBeOneOf(placesOf(at))],
    });
  }
  if (!closed) return;
  const inside = [...at, 'nonsense'];
  expect(checkTree(withValue(inside, 1)).problems).toContainEqual({
    at: inside,
    message: expect.stringMatching(/^unknown key/),
  });
}

/** Flag before environment before file before default. */
function expectPrecedence(path: string, at: ConfigPath, [, { good }, preset, extra]: Row): void {
  expect(places.get(path)?.schema.default).toEqual(preset);
  const scalar = scalarAt(path);
  expect([scalar?.env, scalar?.flag]).toEqual([extra?.env?.[0], extra?.flag?.[0]]);
  if (!scalar) return;
  const valueOf = (config: object, rest?: Rest) => valueAt(valid(config, rest).config, at);
  expect(valueAt(unset, at)).toEqual(preset ?? null);
  const written = good.findLast((value) => !isRef(value));
  const inFile = withValue(at, written);
  expect(valueOf(inFile)).toEqual(written);
  const env = extra?.env ? { [extra.env[0]]: extra.env[1] } : {};
  const flags = extra?.flag ? { [extra.flag[0]]: extra.flag[1] } : {};
  if (extra?.env) {
    expect(valueOf({}, { env })).toEqual(extra.env[2]);
    expect(valueOf(inFile, { env })).toEqual(extra.env[2]);
  }
  if (extra?.flag) expect(valueOf(inFile, { env, flags })).toEqual(extra.flag[2]);
}

it.each(rows)('%s', (path, row) => {
  const [kind, takes, , extra] = row;
  const at = placeOf(extra?.at ?? path);
  expectTaken(at, takes);
  expectRefused(at, takes);
  expectPrecedence(path, at, row);
  expect(reloadRuleOf(at).kind).toBe(kind);
});
