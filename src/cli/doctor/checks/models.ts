/** Whom agents ask: every model that is named has a provider (cli.md §12, row 10). */
import type { GatewayConfig } from '../../../shared/config/load.js';
import { nearest } from '../../../shared/nearest.js';
import type { Check, Finding } from '../finding.js';

/** Needs no entry in the config. */
const BUILT_IN = 'echo';

export const models: Check = {
  section: 'Models',
  find({ loaded }) {
    if (!loaded.ok || loaded.config.gateway.mode !== 'local') return [];
    const { config } = loaded;
    const known = [BUILT_IN, ...config.models.providers.keys()];
    const named = namedModels(config);
    const findings = named.flatMap(([path, model]): Finding[] => {
      const [provider = ''] = model.split('/', 1);
      if (!model.includes('/') || known.includes(provider)) return [];
      const near = nearest(provider, known);
      return [
        {
          code: 'model-provider-missing',
          level: 'error',
          message: `${path} is ${model}, and there is no provider ${provider}${near === undefined ? '' : ` (did you mean ${near}?)`}.`,
          advice: `Add models.providers.${provider} with its baseUrl and apiKey, or name another model.`,
        },
      ];
    });
    if (!named.some(([path]) => path.startsWith('agents.defaults.model')))
      findings.push({
        code: 'model-none',
        level: 'warn',
        message: 'No model is set: agents say again what they are told (the built-in echo).',
        advice: 'pllan config set agents.defaults.model <provider>/<model>',
      });
    return findings;
  },
};

function namedModels({ agents }: GatewayConfig): readonly (readonly [path: string, model: string])[] {
  const { model } = agents.defaults;
  const own = agents.list.flatMap(({ id, model: chosen }) => choice(`agents (${id}) model`, chosen));
  return [...choice('agents.defaults.model', model), ...own];
}

function choice(path: string, chosen: unknown): readonly (readonly [string, string])[] {
  if (typeof chosen === 'string') return [[path, chosen]];
  if (typeof chosen !== 'object' || chosen === null) return [];
  const { primary, fallbacks = [] } = chosen as { primary?: string; fallbacks?: readonly string[] };
  return [
    ...(primary === undefined ? [] : [[path, primary] as const]),
    ...fallbacks.map((model) => [`${path}.fallbacks`, model] as const),
  ];
}
