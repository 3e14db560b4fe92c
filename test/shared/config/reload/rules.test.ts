import { describe, expect, it } from 'vitest';
import { schemaPlaces } from '../../../../src/shared/config/describe.js';
import { parsePath } from '../../../../src/shared/config/path.js';
import { reloadRuleOf, reloadRules } from '../../../../src/shared/config/reload/rules.js';

const ruleOf = (path: string) => reloadRuleOf(parsePath(path) ?? []);

describe('what a change asks for', () => {
  it('is said of every path in the schema', () => {
    const places = schemaPlaces()
      .filter(({ schema }) => schema.properties === undefined)
      .map(({ path }) => path.replaceAll('[]', ''));
    expect(places.length).toBeGreaterThan(100);
    expect(places.filter((path) => ruleOf(path).path === '')).toEqual([]);
  });

  it('is said once of each path', () => {
    const paths = reloadRules.map(({ path }) => path);
    expect(paths).toEqual([...new Set(paths)]);
  });

  it.each([
    ['gateway.port', 'restart'],
    ['gateway.auth.token', 'hot'],
    ['gateway.auth.rateLimit.windowMs', 'hot'],
    ['gateway.reload.mode', 'none'],
    ['gateway.workers.count', 'rolling'],
    ['gateway.controlUi.basePath', 'restart'],
    ['agents.list[0].name', 'none'],
    ['agents.list', 'none'],
    ['agents.defaults.model.primary', 'hot'],
    ['agents.defaults.models["openai/gpt-4.1"].alias', 'hot'],
    ['agents.defaults.timeoutSeconds', 'none'],
    ['models.providers.p.apiKey', 'hot'],
    ['secrets.egressProxy', 'restart'],
    ['secrets.providers.a', 'none'],
    ['never.heard.of', 'restart'],
  ])('%s: %s', (path, kind) => {
    expect(ruleOf(path).kind).toBe(kind);
  });
});
