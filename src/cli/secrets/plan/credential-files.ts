/** Files beside the config that hold credentials, as a plan changes them (secrets.md §8.2). */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { editText } from '../../../shared/config/write/edit-text.js';
import type { Edit } from '../../../shared/config/write/edits.js';
import type { FileChange } from '../../../shared/config/write/replace-files.js';
import type { Paths } from '../../../shared/paths.js';
import { readRegularFile, textOf } from '../../../shared/regular-file.js';
import {
  agentFolder,
  agentFolders,
  legacyFile,
  profilesFile,
} from '../../../shared/secrets/profiles/agent-files.js';
import { parseProfileStore, type ProfileStore } from '../../../shared/secrets/profiles/store.js';
import { toError } from '../../../shared/to-error.js';
import { planLimits } from '../../limits.js';
import { isRecord, recordOf } from '../../record.js';
import { UserError } from '../../user-error.js';
import { describeTarget, type PlacedTarget } from './plan-target.js';
import { scrubEnv, type EnvScrub } from './scrub-env.js';

export interface ChangedStores {
  /** Of all agents, as they would be. */
  readonly stores: readonly ProfileStore[];
  readonly files: readonly FileChange[];
  /** What was in plain text in the places of targets. */
  readonly plaintexts: readonly string[];
}

const emptyStore = '{\n  "version": 1,\n  "profiles": {}\n}\n';

/**
 * @param clearedProviders model providers whose profiles lose what they hold in plain text
 * @throws UserError
 */
export function changeStores(
  stateDir: string,
  targets: readonly PlacedTarget[],
  clearedProviders: ReadonlySet<string>,
): ChangedStores {
  const stores: ProfileStore[] = [];
  const files: FileChange[] = [];
  const plaintexts: string[] = [];
  const agentIds = new Set([
    ...agentFolders(stateDir).keys(),
    ...targets.flatMap(({ agentId }) => agentId ?? []),
  ]);
  for (const agentId of agentIds) {
    const file = profilesFile(agentFolder(stateDir, agentId));
    const bytes = readOwn(file);
    const own = targets.filter((target) => target.agentId === agentId);
    if (bytes === undefined && own.length === 0) continue;
    const text = bytes === undefined ? emptyStore : readText(file, bytes);
    const { profiles } = parseProfileStore(agentId, file, text);
    const written = recordOf(recordOf(JSON.parse(text)).profiles);
    const edits = [
      ...own.flatMap((target) => {
        const present = profiles.get(target.segments[1] ?? '');
        const { field, edits: needed } = profileEdits(target, present);
        const plain = recordOf(written[target.segments[1] ?? ''])[field];
        if (typeof plain === 'string') plaintexts.push(plain);
        return needed;
      }),
      ...[...profiles].flatMap(([id, { provider }]) =>
        clearedProviders.has(provider)
          ? plainFields(recordOf(written[id])).map((field): Edit => removal(id, field))
          : [],
      ),
    ];
    const after = edits.length === 0 ? text : editText(text, edits);
    stores.push(parseProfileStore(agentId, file, after));
    if (after !== text) files.push({ path: file, before: bytes, after });
  }
  return { stores, files, plaintexts };
}

/** @throws UserError for a profile that cannot hold the credential */
function profileEdits(
  target: PlacedTarget,
  present: { readonly type: string; readonly provider: string } | undefined,
): { readonly field: string; readonly edits: readonly Edit[] } {
  const { segments, ref, authProfileProvider } = target;
  const [, id = '', field = ''] = segments;
  const type = field === 'token' ? 'token' : 'api_key';
  if (present && present.type !== type)
    throw new UserError(`${describeTarget(target)}: the profile is one of type ${present.type}`);
  if (present && authProfileProvider !== undefined && present.provider !== authProfileProvider)
    throw new UserError(`${describeTarget(target)}: the profile is one of provider ${present.provider}`);
  if (!present && authProfileProvider === undefined)
    throw new UserError(
      `${describeTarget(target)}: there is no such profile; authProfileProvider would make one`,
    );
  const edits: Edit[] = present
    ? [{ path: ['profiles', id, `${field}Ref`], value: ref }, removal(id, field)]
    : [
        {
          path: ['profiles', id],
          value: { type, provider: authProfileProvider, [`${field}Ref`]: ref },
        },
      ];
  return { field, edits };
}

function removal(id: string, field: string): Edit {
  return { path: ['profiles', id, field], remove: true };
}

/** `oauth` keeps what it has: nothing else can get it back. */
function plainFields(profile: Readonly<Record<string, unknown>>): string[] {
  if (profile.type === 'oauth') return [];
  return ['key', 'token'].filter((field) => typeof profile[field] === 'string');
}

/** Entries of older programs that hold an API key go. @throws UserError */
export function scrubLegacyFiles(stateDir: string): FileChange[] {
  return [...agentFolders(stateDir).values()].flatMap((folder) => {
    const path = legacyFile(folder);
    const before = readOwn(path);
    if (before === undefined) return [];
    const text = readText(path, before);
    const edits = Object.entries(parseJson(path, text)).flatMap(([id, entry]): Edit[] =>
      isRecord(entry) && entry.type === 'api_key' ? [{ path: [id], remove: true }] : [],
    );
    return edits.length === 0 ? [] : [{ path, before, after: editText(text, edits) }];
  });
}

/** @throws UserError */
export function scrubEnvFiles(
  { stateDir, configPath }: Pick<Paths, 'stateDir' | 'configPath'>,
  scrub: EnvScrub,
): FileChange[] {
  const paths = [stateDir, dirname(configPath)].map((folder) => join(folder, '.env')).filter(existsSync);
  return [...new Set(paths.map((path) => realpathSync(path)))].flatMap((path) => {
    const before = readOwn(path);
    if (before === undefined) return [];
    const text = readText(path, before);
    const after = scrubEnv(text, scrub);
    return after === text ? [] : [{ path, before, after }];
  });
}

/** Undefined where there is none. @throws UserError */
export function readOwn(path: string): Buffer | undefined {
  try {
    return readRegularFile(path, planLimits.scrubbedBytes);
  } catch (caught) {
    throw new UserError(`${path} ${toError(caught).message}`);
  }
}

function readText(path: string, bytes: Buffer): string {
  try {
    return textOf(bytes);
  } catch (caught) {
    throw new UserError(`${path} ${toError(caught).message}`);
  }
}

function parseJson(path: string, text: string): Readonly<Record<string, unknown>> {
  try {
    return recordOf(JSON.parse(text));
  } catch {
    throw new UserError(`${path} is not valid JSON`);
  }
}
