/** `config.*`: the config file, read and written (methods.md §6). */
import type { ConfigDesk } from '../../config/config-desk.js';
import type { ConfigPlace } from '../../config/config-snapshot.js';
import type { ConfigTask } from '../../config/config-tasks.js';
import { method, RpcError, shownPath, type Method } from './method.js';

export interface ConfigServices {
  readonly config: {
    readonly desk: ConfigDesk;
    readonly place: ConfigPlace;
    /** What the gateway runs with, by the hash of its files. */
    appliedHash(): string;
  };
}

export function configMethods({ config }: ConfigServices): readonly Method[] {
  const ask = async (task: ConfigTask): Promise<string> => {
    const answer = await config.desk.ask(task);
    if (!answer.ok) throw new RpcError(answer.error);
    return answer.payload;
  };
  return [
    method({
      name: 'config.get',
      scope: 'operator.read',
      summary: 'The config file as it is on disk now, without its secrets.',
      answers:
        '`{path, exists, raw, parsed, valid, config, hash, issues, warnings, configRevisionHash, appliedConfigHash}`: `raw` is its text, null where it cannot be shown without secrets; `parsed` what that says, `config` the same with `$include` and `${NAME}` replaced. A secret is `__PLLAN_REDACTED__`. `configRevisionHash` is over all files, `appliedConfigHash` that of the config in use.',
      answer: (_params, connection) =>
        ask({
          kind: 'get',
          place: config.place,
          shownPath: shownPath(config.place.path, connection),
          appliedConfigHash: config.appliedHash(),
        }),
    }),
    method({
      name: 'config.schema',
      scope: 'operator.read',
      summary: 'What a config may hold.',
      answers:
        '`{schema, uiHints, version, generatedAt}`: JSON Schema, draft 7, and by path a `label`, a `help` and whether it is `sensitive`. In a path `*` is any key and `[]` any place of a list.',
      answer: () => ask({ kind: 'schema' }),
    }),
    method({
      name: 'config.schema.lookup',
      scope: 'operator.read',
      summary: 'One place of that schema, and what is directly inside.',
      answers:
        '`{path, schema, hint, reloadKind, children: [{key, path, type, required, hasChildren, hint}]}`; `reloadKind` is what a change there needs: `none`, `hot` or `restart`.',
      answer: ({ path }) => ask({ kind: 'lookup', path }),
    }),
  ];
}
