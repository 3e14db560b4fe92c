/** An agent's auth profiles as they are in its file (secrets.md §9): credentials, or refs to them. */
import * as v from 'valibot';
import { readRegularText } from '../../regular-file.js';
import { compile, describeProblems } from '../../schema.js';
import { toError } from '../../to-error.js';
import { SecretsUnavailable } from '../failure.js';
import { secretLimits } from '../limits.js';
import { readRef } from '../ref.js';
import { agentFolder, profilesFile } from './agent-files.js';

const text = v.pipe(v.string(), v.minLength(1));
const credential = v.exactOptional(
  v.pipe(
    text,
    v.check((value) => readRef(value).kind !== 'wrong', 'must not be what is shown in the place of a secret'),
  ),
);

const secretRef = v.exactOptional(
  v.pipe(
    v.record(v.string(), v.unknown()),
    v.check((value) => readRef(value).kind === 'ref', 'must be a SecretRef'),
  ),
);

/** More is accepted: other programs keep notes of theirs here. A profile without a credential is none to use. */
const Profile = v.variant('type', [
  v.object({ type: v.literal('api_key'), provider: text, key: credential, keyRef: secretRef }),
  v.object({
    type: v.literal('token'),
    provider: text,
    token: credential,
    tokenRef: secretRef,
    /** Milliseconds since 1970. */
    expires: v.exactOptional(v.number()),
  }),
  v.object({ type: v.literal('oauth'), provider: text }),
]);

const storeCheck = compile(
  v.object({ version: v.literal(1), profiles: v.optional(v.record(text, Profile), {}) }),
);

export type StoredProfile = v.InferOutput<typeof Profile>;

export interface ProfileStore {
  readonly agentId: string;
  readonly file: string;
  readonly profiles: ReadonlyMap<string, StoredProfile>;
}

/** A file of profiles that cannot be used; nothing of what is in it is part of the message. */
export class ProfilesUnusable extends SecretsUnavailable {
  constructor(file: string, reason: string) {
    super([], []);
    this.name = 'ProfilesUnusable';
    this.message = `${file} ${reason}`;
  }
}

/** Those of these agents that have any. @throws ProfilesUnusable */
export function readProfileStores(stateDir: string, agentIds: Iterable<string>): readonly ProfileStore[] {
  return [...agentIds].flatMap((agentId) => {
    const file = profilesFile(agentFolder(stateDir, agentId));
    const content = readStore(file);
    return content === undefined ? [] : [parseProfileStore(agentId, file, content)];
  });
}

function readStore(file: string): string | undefined {
  try {
    return readRegularText(file, secretLimits.profilesBytes);
  } catch (caught) {
    throw new ProfilesUnusable(file, toError(caught).message);
  }
}

/** @throws ProfilesUnusable */
export function parseProfileStore(agentId: string, file: string, content: string): ProfileStore {
  let document: unknown;
  try {
    document = JSON.parse(content);
  } catch {
    // What the parser says would show a piece of it.
    throw new ProfilesUnusable(file, 'is not valid JSON');
  }
  const parsed = storeCheck.parse(document);
  if (!parsed.ok)
    throw new ProfilesUnusable(file, `holds no auth profiles: ${describeProblems(parsed.problems)}`);
  return { agentId, file, profiles: new Map(Object.entries(parsed.value.profiles)) };
}
