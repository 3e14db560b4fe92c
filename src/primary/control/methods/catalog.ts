/** `models.list`, `commands.list`, `chat.metadata`, `skills.status`: what there is to choose from (methods.md §3, §5). */
import { join } from 'node:path';
import type { Paths } from '../../../shared/paths.js';
import type { ModelCatalog } from '../../config/model-catalog.js';
import { method, shownPath, type Method } from './method.js';

export interface CatalogServices {
  catalog(): ModelCatalog;
  readonly paths: Paths;
  workspace(): string;
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
      summary: 'The models that there are to choose from.',
      answers: '`{models: [{id, name, provider, contextWindow, …}]}` in the order of provider and name.',
      answer: ({ view, provider }) => JSON.stringify({ models: catalog().list(view, provider) }),
    }),
    method({
      name: 'commands.list',
      scope: 'operator.read',
      summary: 'What a message can say instead of being one.',
      answers: '`{commands: [{name, textAliases, description, source, scope, acceptsArgs}]}`',
      answer: () => JSON.stringify({ commands }),
    }),
    method({
      name: 'chat.metadata',
      scope: 'operator.read',
      summary: 'The models and commands that there are to choose from.',
      answers: '`{models, commands}`, as `models.list` and `commands.list` have them.',
      answer: () => JSON.stringify({ models: catalog().list('default', undefined), commands }),
    }),
    method({
      name: 'skills.status',
      scope: 'operator.read',
      summary: 'Skills and where they live. There are none yet.',
      answers: '`{workspaceDir, managedSkillsDir, skills: []}`; paths only for admins.',
      answer: (_params, connection) =>
        JSON.stringify({
          workspaceDir: shownPath(workspace(), connection),
          managedSkillsDir: shownPath(join(paths.stateDir, 'skills'), connection),
          skills: [],
        }),
    }),
  ];
}
