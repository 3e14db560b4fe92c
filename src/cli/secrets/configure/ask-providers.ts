/** Providers of secrets: added, changed and removed (secrets.md §10.2). */
import { SecretProvider } from '../../../shared/config/secrets-schema.js';
import { compile } from '../../../shared/schema.js';
import { aliasPattern, secretSources, type SecretSource } from '../../../shared/secrets/ref.js';
import type { Prompts } from '../../prompts.js';
import { textOf, textsOf, type Facts } from '../../record.js';
import type { Draft } from './draft.js';

const providerCheck = compile(SecretProvider);
const any = (): undefined => undefined;

export async function askProviders(prompts: Prompts, draft: Draft): Promise<void> {
  for (;;) {
    const present = [...draft.providers].map(([alias, provider]) => ({
      label: `${alias}: ${describeProvider(provider)}`,
      value: alias,
    }));
    const next = await prompts.choose('Providers of secrets', [
      { label: 'Continue', value: 'continue' },
      { label: 'Add a provider', value: 'add' },
      ...(present.length === 0
        ? []
        : [
            { label: 'Change a provider', value: 'change' },
            { label: 'Remove a provider', value: 'remove' },
          ]),
    ]);
    if (next === 'continue') return;
    if (next === 'add') await addProvider(prompts, draft);
    else {
      const alias = await prompts.choose('Which one?', present);
      if (next === 'remove') draft.removeProvider(alias);
      else draft.setProvider(alias, await askProvider(prompts, alias, draft.providers.get(alias) ?? {}));
    }
  }
}

async function addProvider(prompts: Prompts, draft: Draft): Promise<void> {
  const alias = await prompts.ask('Alias', (text) => {
    if (!aliasPattern.test(text)) return `An alias must match ${aliasPattern}.`;
    return draft.providers.has(text) ? 'There is a provider of this name.' : undefined;
  });
  const source = await prompts.choose(
    'Where are its secrets?',
    secretSources.map((value) => ({ label: sourceLabels[value], value })),
  );
  draft.setProvider(alias, await askProvider(prompts, alias, { source }));
}

const sourceLabels: Readonly<Record<SecretSource, string>> = {
  env: 'env: in environment variables',
  file: 'file: in a file of this machine',
  exec: 'exec: a command gives them',
};

/** Keys that it does not ask for stay as they are. */
async function askProvider(prompts: Prompts, alias: string, present: Facts): Promise<Facts> {
  for (;;) {
    const provider = await askFields(prompts, present);
    const [problem] = providerCheck.problems(provider);
    if (!problem) return provider;
    prompts.say(`secrets.providers.${alias}${problem.path.replaceAll('/', '.')} ${problem.message}`);
  }
}

async function askFields(prompts: Prompts, present: Facts): Promise<Facts> {
  const list = async (question: string, key: string): Promise<Facts> => {
    const before = textsOf(present[key]).join(', ');
    const answer = await prompts.ask(`${question}, with commas, - for none`, any, before);
    const words = answer
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '' && word !== '-');
    return { [key]: words.length > 0 ? words : undefined };
  };
  const fields = async (): Promise<Facts> => {
    switch (present.source) {
      case 'env':
        return list('Names that it gives; none for any', 'allowlist');
      case 'file': {
        const path = await prompts.ask('Path of the file', any, textOf(present.path));
        const mode = await prompts.choose('What is in it?', [
          { label: 'json: an object, whose values ids point to', value: 'json' },
          { label: 'singleValue: one value, the whole file', value: 'singleValue' },
        ]);
        return { path, mode };
      }
      default: {
        const command = await prompts.ask('Path of the command', any, textOf(present.command));
        const args = await list('Its arguments', 'args');
        return { command, ...args, ...(await list('Variables that it gets', 'passEnv')) };
      }
    }
  };
  const whole = { ...present, ...(await fields()) };
  return Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== undefined));
}

function describeProvider({ source, path, command }: Facts): string {
  return [source, path, command].filter((part) => typeof part === 'string').join(' ');
}
