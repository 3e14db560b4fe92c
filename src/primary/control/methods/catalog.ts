/** `models.list`, `commands.list`, `chat.metadata`, `skills.status`: what there is to choose from (methods.md §3, §5). */
import { join } from 'node:path';
import type { Paths } from '../../../shared/paths.js';
import type { ModelCatalog } from '../../config/model-catalog.js';
import { method, shownPath, type Method } from './method.js';

export interface CatalogServices {
  readonly catalog: ModelCatalog;
  readonly paths: Paths;
  readonly workspace: string;
}

/** What a message can say instead of being one. */
const commands = [
  {
    name: 'new',
    description: 'Begin the session anew; what follows is its first message.',
    acceptsArgs: true,
  },
  { name: 'reset', description: 'As /new.', acceptsArgs: true },
  { name: 'stop', description: 'Stop what the session is doing.', acceptsArgs: false },
].map(({ name, ...rest }) => ({
  name,
  textAliases: [`/${name}`],
  source: 'native',
  scope: 'both',
  ...rest,
}));

export function catalogMethods({ catalog, paths, workspace }: CatalogServices): readonly Method[] {
  return [
    method({
      name: 'models.list',
      scope: 'operator.read',
      answer: ({ view = 'default', provider }) => JSON.stringify({ models: catalog.list(view, provider) }),
    }),
    method({
      name: 'commands.list',
      scope: 'operator.read',
      answer: () => JSON.stringify({ commands }),
    }),
    method({
      name: 'chat.metadata',
      scope: 'operator.read',
      answer: () => JSON.stringify({ models: catalog.list('default', undefined), commands }),
    }),
    method({
      name: 'skills.status',
      scope: 'operator.read',
      answer: (_params, connection) =>
        JSON.stringify({
          workspaceDir: shownPath(workspace, connection),
          managedSkillsDir: shownPath(join(paths.stateDir, 'skills'), connection),
          skills: [],
        }),
    }),
  ];
}
