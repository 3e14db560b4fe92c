/** `config.*`: the config file, read and written (methods.md §6). */
import { restartLimits } from '../../../shared/limits.js';
import type { WriteResult } from '../../config/config-write.js';
import type { OpenConfig } from '../../config/open-config.js';
import type { LastReload, ReloadOutcome } from '../../config/reload.js';
import type { ConfigTask } from '../../config/config-tasks.js';
import type { RestartServices } from '../../restart/open-restarts.js';
import type { Connection } from '../connection.js';
import { method, RpcError, shownPath, type Method } from './method.js';

const written = '`{ok: true, path, hash, config, changedPaths, restart, pending}`.';

export interface ConfigServices {
  readonly config: OpenConfig;
  readonly restarts: Pick<RestartServices, 'sentinel'>;
}

/** Should a restart be needed. */
interface Afterwards {
  readonly restartDelayMs?: number | undefined;
  /** Who is told afterwards, and what. */
  readonly sessionKey?: string | undefined;
  readonly note?: string | undefined;
}

export function configMethods({ config, restarts }: ConfigServices): readonly Method[] {
  const ask = async (task: ConfigTask, afterwards: Afterwards = {}): Promise<string> => {
    const answer = await config.ask(task);
    if (!answer.ok) throw new RpcError(answer.error);
    if ('payload' in answer) return answer.payload;
    if ('result' in answer && 'payload' in answer.result) return write(task, answer.result, afterwards);
    throw new Error(`no client asks for this: ${task.kind}`);
  };
  const write = async (
    task: ConfigTask,
    { payload, written, changedPaths }: WriteResult,
    { restartDelayMs = restartLimits.afterWriteMs, sessionKey, note }: Afterwards,
  ): Promise<string> => {
    if (!written) return payload;
    const outcome = await config.apply(restartDelayMs);
    const pending = pendingPaths(changedPaths, outcome);
    const restart = restartOf(outcome);
    const kind = sentinelKindOf(task);
    const sentinel =
      restart && kind ? restarts.sentinel.leave({ kind, sessionKey, message: note }) : undefined;
    const rest = JSON.stringify({ restart, sentinel, pending });
    return `${payload.slice(0, -1)},${rest.slice(1)}`;
  };
  const { place, flags } = config;
  return [
    method({
      name: 'config.get',
      scope: 'operator.read',
      summary: 'The config file as it is on disk now, without its secrets.',
      answers:
        '`{path, exists, raw, parsed, valid, config, hash, issues, warnings, configRevisionHash, appliedConfigHash, lastReload}`: `raw` is its text, null where it cannot be shown without secrets; `parsed` what that says, `config` the same with `$include` and `${NAME}` replaced. A secret is `__PLLAN_REDACTED__`. `configRevisionHash` is over all files, `appliedConfigHash` that of the config in use. `lastReload` is `{revision, outcome, why?}`: the files as they were read last, and whether they were `applied`, wait for a `restart`, or why they are not in use.',
      answer: (_params, connection) =>
        ask({
          kind: 'get',
          place: config.place,
          shownPath: shownPath(config.place.path, connection),
          appliedConfigHash: config.appliedHash(),
          lastReload: shownReload(config.lastReload(), connection),
        }),
    }),
    method({
      name: 'config.set',
      scope: 'operator.admin',
      summary:
        'Writes the config file as a whole. What stands for a secret stays what it was; what came from `${NAME}` and is unchanged is written as that.',
      answers: `${written} \`changedPaths\` and \`pending\` are as with \`config.patch\`.`,
      answer: ({ raw, baseHash }) =>
        ask({ kind: 'write', place, flags, method: 'config.set', raw, baseHash }),
    }),
    method({
      name: 'config.apply',
      scope: 'operator.admin',
      writeLimited: true,
      summary: 'The same as `config.set`.',
      answers: `${written} The rest is as with \`config.patch\`.`,
      answer: ({ raw, baseHash, ...afterwards }) =>
        ask({ kind: 'write', place, flags, method: 'config.apply', raw, baseHash }, afterwards),
    }),
    method({
      name: 'config.patch',
      scope: 'operator.admin',
      writeLimited: true,
      summary:
        'Changes parts of the config; comments and form of the rest stay. A section that is in one file of its own (`$include`) is changed there.',
      answers: `${written} \`changedPaths\` are what is different, \`pending\` those of them that do not count yet: they need a restart, or the gateway cannot run with the config as it is now (the log says why). \`restart\` is null, or \`{ok, delayMs, coalesced}\` where one is needed; what is said after that is in \`sentinel\`. Without a difference \`noop: true\`, and nothing is written.`,
      answer: ({ raw, baseHash, replacePaths, ...afterwards }) =>
        ask({ kind: 'write', place, flags, method: 'config.patch', raw, baseHash, replacePaths }, afterwards),
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

/** The reason may name files. */
function shownReload({ why, ...rest }: LastReload, connection: Connection): LastReload {
  return why === undefined ? rest : { ...rest, why: shownPath(why, connection) };
}

/** What is said after a restart names what it was for; that of `config.set` has nobody to be said to. */
function sentinelKindOf(task: ConfigTask): 'config-patch' | 'config-apply' | undefined {
  if (task.kind !== 'write' || task.method === 'config.set') return undefined;
  return task.method === 'config.patch' ? 'config-patch' : 'config-apply';
}

function restartOf(outcome: ReloadOutcome): object | null {
  if (outcome.kind !== 'restart') return null;
  const { status, delayMs } = outcome.restart;
  return { ok: true, delayMs, coalesced: status === 'coalesced' };
}

/** Those that do not count yet: all, unless they were applied, and then what waits for a restart. */
function pendingPaths(changed: readonly string[], outcome: ReloadOutcome): readonly string[] {
  if (outcome.kind !== 'applied') return changed;
  const { ignored } = outcome.plan;
  return changed.filter((path) => ignored.some((other) => isWithin(path, other) || isWithin(other, path)));
}

function isWithin(path: string, outer: string): boolean {
  return path.startsWith(outer) && /^(?:$|[.[])/.test(path.slice(outer.length));
}
