/**
 * Command line of the load test.
 */
import { parseArgs } from 'node:util';

export interface Options {
  readonly quick: boolean;
  readonly strict: boolean;
  /** Names of the scenarios to run; empty for all. */
  readonly only: readonly string[];
}

export const usage = `Usage: npm run loadtest -- [--quick] [--strict] [--only <scenario>]...

  --quick   short rounds: shows that everything works, the figures mean little
  --strict  exit code 1 when a budget is missed
  --only    run this scenario; may be given more than once`;

/** Throws an error with the usage when an option or a scenario is unknown. */
export function parseOptions(args: readonly string[], scenarioNames: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      strict: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
    },
  });
  const unknown = values.only.find((name) => !scenarioNames.includes(name));
  if (unknown !== undefined) {
    throw new Error(`unknown scenario ${unknown}; there are: ${scenarioNames.join(', ')}`);
  }
  return { quick: values.quick, strict: values.strict, only: values.only };
}
