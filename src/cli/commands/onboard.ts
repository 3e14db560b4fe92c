/** `pllan onboard`: the baseline and what a first gateway needs beside it, asked for or named by flags (cli.md §13). */
import type { BindMode } from '../../shared/config/schema.js';
import type { CommandContext, CommandHandler, ParsedOptions } from '../command.js';
import { readBindMode, readPort, readText } from '../option-values.js';
import { createPrompts, type Prompts } from '../prompts.js';
import { baselineLines, makeBaseline, writtenFolder } from '../setup/baseline.js';
import { installDaemon } from '../setup/install-daemon.js';
import {
  keyVariable,
  modelChoices,
  providerOf,
  wishesOf,
  type Choices,
  type ModelChoice,
  type Written,
} from '../setup/onboarding.js';
import { UserError } from '../user-error.js';

const RISK =
  'Agents read what strangers write and may run tools. Keep the gateway on loopback or behind a VPN, and let in only whom you trust.';

export const onboard: CommandHandler = async (options, context) => {
  const given = readChoices(options, context);
  const choices = options.flag('non-interactive')
    ? accepted(options, given)
    : await ask(given, options, context);
  const made = await makeBaseline(context, wishesOf(choices));
  const { output, paths } = context;
  const json = options.flag('json');
  if (!json) output.print(...baselineLines(made, paths.home));
  if (options.flag('install-daemon')) {
    const {
      result,
      message,
      hints = [],
      warnings = [],
    } = await installDaemon(context, options.flag('skip-health'));
    if (json) output.document({ ok: true, ...made, service: { result, message } });
    else output.print(...[message, ...hints].map(output.advice));
    output.note(...warnings.map((warning) => `Warning: ${warning}`));
    return 0;
  }
  if (json) output.document({ ok: true, ...made });
  else output.print('', ...nextSteps.map(output.advice));
  return 0;
};

const nextSteps = [
  'Start it in the foreground: pllan gateway',
  'Or as a service:            pllan gateway install',
  'Then look at it:            pllan gateway status',
];

function accepted(options: ParsedOptions, choices: Choices): Choices {
  if (options.flag('accept-risk')) return choices;
  throw new UserError('--non-interactive needs --accept-risk.', [RISK]);
}

/** @throws UserError for a value that cannot be */
function readChoices(options: ParsedOptions, { env, paths }: CommandContext): Choices {
  const mode = oneOf('mode', options.text('mode') ?? 'local', ['local', 'remote']);
  const workspace = readText(options, 'workspace');
  const auth = options.text('gateway-auth');
  const port = options.text('gateway-port');
  const bind = options.text('gateway-bind');
  const inputMode = oneOf('secret-input-mode', options.text('secret-input-mode') ?? 'plaintext', [
    'plaintext',
    'ref',
  ]);
  if (mode === 'remote' && options.flag('install-daemon'))
    throw new UserError('--install-daemon goes with --mode local.');
  const model = oneOf('auth-choice', options.text('auth-choice') ?? 'skip', modelChoices);
  return {
    mode,
    remoteUrl: readText(options, 'remote-url'),
    workspace: workspace === undefined ? undefined : writtenFolder(workspace, paths.home),
    port: port === undefined ? undefined : readPort(port),
    bind: bind === undefined ? undefined : readBindMode(bind),
    auth: auth === undefined ? undefined : oneOf('gateway-auth', auth, ['token', 'password']),
    secret: secretOf(options),
    model,
    apiKey: apiKeyOf(model, inputMode, env),
    defaultModel: readText(options, 'model'),
  };
}

function secretOf(options: ParsedOptions): Written | undefined {
  const variable = readText(options, 'gateway-token-ref-env');
  const [value, ...more] = [readText(options, 'gateway-token'), readText(options, 'gateway-password')].filter(
    (text) => text !== undefined,
  );
  if (more.length > 0 || (value !== undefined && variable !== undefined))
    throw new UserError('Use one of --gateway-token, --gateway-password and --gateway-token-ref-env.');
  if (variable !== undefined) return { variable };
  return value === undefined ? undefined : { value };
}

/** The key stays where it is, or is copied from the variable into the config. @throws UserError when it is not there */
function apiKeyOf(
  model: ModelChoice,
  mode: 'plaintext' | 'ref',
  env: CommandContext['env'],
): Written | undefined {
  const variable = keyVariable(model);
  if (variable === undefined) return undefined;
  const value = env[variable]?.trim();
  if (!value)
    throw new UserError(`--auth-choice ${model} takes the key from ${variable}, which is not set.`, [
      `Put it into the environment or into the .env file of the state directory: ${variable}=…`,
    ]);
  return mode === 'ref' ? { variable } : { value };
}

/** What flags have not said. @throws UserError when nobody is there to be asked */
async function ask(given: Choices, options: ParsedOptions, { terminal }: CommandContext): Promise<Choices> {
  const who = terminal();
  if (!who)
    throw new UserError('pllan onboard asks questions: run it at a terminal.', [
      'Without one: pllan onboard --non-interactive --accept-risk, or pllan setup',
    ]);
  const prompts = createPrompts(who);
  try {
    prompts.say(RISK);
    if (!options.flag('accept-risk') && !(await prompts.confirm('Go on?')))
      throw new UserError('Cancelled; nothing has been changed.');
    return await asked(given, prompts);
  } finally {
    prompts.close();
  }
}

async function asked(given: Choices, prompts: Prompts): Promise<Choices> {
  const bind =
    given.bind ??
    (await prompts.choose<BindMode>('Who can reach the gateway?', [
      { label: 'Programs on this machine', value: 'loopback' },
      { label: 'The local network', value: 'lan' },
      { label: 'My tailnet', value: 'tailnet' },
    ]));
  if (given.model === 'skip')
    prompts.say('', 'Models: the built-in echo answers until agents.defaults.model names another.');
  const defaultModel =
    given.model === 'skip' || given.defaultModel !== undefined
      ? given.defaultModel
      : await prompts.ask(
          `Model that agents answer with, ${providerOf(given.model)}/…`,
          (text) => (text === '' || text.includes('/') ? undefined : 'provider/model, or nothing for later.'),
          '',
        );
  return { ...given, bind, defaultModel: defaultModel === '' ? undefined : defaultModel };
}

/** @throws UserError */
function oneOf<const T extends string>(flag: string, value: string, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found !== undefined) return found;
  throw new UserError(`Invalid --${flag} (use ${known.map((one) => `"${one}"`).join(', ')})`);
}
