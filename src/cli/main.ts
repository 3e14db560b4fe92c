/** The `pllan` command: global flags → profile → command → exit code. Nothing that happens here shows a stack (cli.md §1, §17). */
import { existsSync } from 'node:fs';
import { withDotenv } from '../shared/config/environment/dotenv.js';
import type { RunGateway } from '../shared/gateway-options.js';
import { journalPath, resolvePaths, type Environment } from '../shared/paths.js';
import type { WithStoredDevices } from '../shared/stored-devices.js';
import type { StoredSessions } from '../shared/stored-sessions.js';
import { toError } from '../shared/to-error.js';
import { VERSION } from '../shared/version.js';
import { helpFor, parseCommandLine } from './command-line.js';
import type { OnInterrupt, OpenTerminal } from './command.js';
import { commands } from './commands.js';
import { needsValidConfig } from './config/needs-config.js';
import { takeGlobalFlags, type GlobalSplit } from './global-flags.js';
import { createOutput, type Output, type TextStream } from './output/output.js';
import { wantsColor } from './output/style.js';
import { applyProfile, profileName } from './profile.js';
import { UserError } from './user-error.js';

export interface CliProcess {
  /** Arguments after the program's name. */
  readonly argv: readonly string[];
  /** Never changed: the profile goes into a copy. */
  readonly env: Environment;
  /** The current folder: there may be a `.env` in it. */
  readonly folder: string;
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly runGateway: RunGateway;
  readonly withStoredDevices: WithStoredDevices;
  readonly storedSessions: StoredSessions;
  readonly onInterrupt: OnInterrupt;
  /** Whoever read stdout has gone. */
  readonly outputGone: AbortSignal;
  readonly terminal: OpenTerminal;
}

/** Runs one command; gives the exit code of the process. */
export async function runCli(cli: CliProcess): Promise<number> {
  const { argv, env, stdout, stderr } = cli;
  const json = argv.includes('--json');
  const color = wantsColor({
    color: !argv.includes('--no-color'),
    json,
    isTerminal: stdout.isTTY === true,
    env,
  });
  const outputFor = (profile: string | undefined): Output => createOutput({ stdout, stderr, color, profile });
  let output = outputFor(undefined);
  try {
    const split = takeGlobalFlags(argv);
    output = outputFor(profileName(env, split.flags));
    return await run(cli, split, output);
  } catch (caught) {
    report(toError(caught), json, output);
    return caught instanceof UserError ? caught.exitCode : 1;
  }
}

async function run(cli: CliProcess, { flags, rest }: GlobalSplit, output: Output): Promise<number> {
  const { env, folder, runGateway, withStoredDevices, storedSessions, onInterrupt, outputGone, terminal } =
    cli;
  if (flags.version) {
    output.print(VERSION);
    return 0;
  }
  const asksForHelp = rest[0] === 'help';
  if (flags.help || asksForHelp || rest.length === 0) {
    output.print(...helpFor(asksForHelp ? rest.slice(1) : rest, commands));
    return 0;
  }
  const profiled = applyProfile(env, flags);
  const { command, options } = parseCommandLine(rest, commands);
  if (flags.logLevel !== undefined) (await import('./option-values.js')).readLogLevel(flags.logLevel);
  const handle = await command.load();
  const { configPath } = resolvePaths(profiled);
  // What this command reads, `.env` files as well, is to be of one state.
  if (existsSync(journalPath(configPath)))
    await (await import('./config/finish-journal.js')).finishJournal(configPath, output);
  const { env: complete, warnings } = withDotenv(profiled, folder, resolvePaths(profiled).stateDir);
  const paths = resolvePaths(complete);
  if (needsValidConfig(command.name))
    (await import('./config/require-valid.js')).requireValidFile(complete, paths);
  return handle(options, {
    env: complete,
    envWarnings: warnings,
    ownEnv: profiled,
    folder,
    paths,
    globals: flags,
    output,
    runGateway,
    withStoredDevices,
    storedSessions,
    onInterrupt,
    outputGone,
    terminal,
  });
}

function report(error: Error, json: boolean, output: Output): void {
  const { details, facts } = error instanceof UserError ? error : { details: [], facts: {} };
  if (json) output.document({ ok: false, error: { message: error.message, ...facts } });
  output.note(error.message, ...details);
}
