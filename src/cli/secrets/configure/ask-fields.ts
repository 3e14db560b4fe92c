/** Which credentials are to be kept elsewhere, and where (secrets.md §10.2). No value is ever asked for. */
import { idProblem, secretSources, type SecretRef } from '../../../shared/secrets/ref.js';
import type { Prompts } from '../../prompts.js';
import type { Draft } from './draft.js';
import { profileField, type Field, type FieldTarget } from './fields.js';

const NEW_PROFILE = 'new';
const DONE = 'done';

const required = (text: string): string | undefined => (text === '' ? 'It must not be empty.' : undefined);

export async function askFields(
  prompts: Prompts,
  draft: Draft,
  fields: readonly Field[],
  agentId: string,
): Promise<void> {
  for (;;) {
    const chosen = await prompts.choose<FieldTarget | typeof NEW_PROFILE | typeof DONE>(
      'Which credential is kept elsewhere?',
      [
        { label: 'Continue', value: DONE },
        ...fields.map(({ target, state }) => ({
          label: `${describeField(target)} (${draftedState(target, draft) ?? state})`,
          value: target,
        })),
        { label: `A new auth profile of agent ${agentId}`, value: NEW_PROFILE },
      ],
    );
    if (chosen === DONE) return;
    const target = chosen === NEW_PROFILE ? await askProfile(prompts, agentId) : chosen;
    const ref = await askRef(prompts, draft);
    if (ref) draft.setTarget(target, ref);
  }
}

async function askProfile(prompts: Prompts, agentId: string): Promise<FieldTarget> {
  const provider = await prompts.ask('Model provider that it is for', required);
  const id = await prompts.ask('Id of the profile', required, `${provider}:default`);
  const field = await prompts.choose('What does it hold?', [
    { label: 'An API key', value: 'key' as const },
    { label: 'A token, sent as a bearer', value: 'token' as const },
  ]);
  return profileField(agentId, id, field, provider);
}

/** Undefined where no provider could have it. */
async function askRef(prompts: Prompts, draft: Draft): Promise<SecretRef | undefined> {
  const sources = secretSources.filter((source) => draft.aliasesOf(source).length > 0);
  if (sources.length === 0) {
    prompts.say('There is no provider that could give it.');
    return undefined;
  }
  const source = await prompts.choose(
    'Source',
    sources.map((value) => ({ label: value, value })),
  );
  const provider = await prompts.choose(
    'Provider',
    draft.aliasesOf(source).map((value) => ({ label: value, value })),
  );
  const id = await prompts.ask('Id', (text) => idProblem(source, text));
  return { source, provider, id };
}

function describeField({ path, agentId }: FieldTarget): string {
  return agentId === undefined ? path : `agent ${agentId}: ${path}`;
}

function draftedState(target: FieldTarget, { targets }: Draft): string | undefined {
  const drafted = targets.find(({ path, agentId }) => path === target.path && agentId === target.agentId);
  return drafted && `from now on: ${drafted.ref.source} ${drafted.ref.provider} ${drafted.ref.id}`;
}
