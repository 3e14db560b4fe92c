/**
 * `npm run loadtest`: runs the scenarios one after the other, prints the table and writes the JSON report. Whatever happens,
 * every process that was started is stopped before this one ends.
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createBench, type Bench } from './bench.js';
import type { ScenarioResult } from './figures.js';
import { parseOptions, usage, type Options } from './options.js';
import { buildReport, formatReport } from './report.js';
import { scenarios } from './scenarios/all.js';
import { fullTiming, quickTiming } from './timing.js';

const reportPath = resolve(import.meta.dirname, '../loadtest-report.json');
const interruptedExitCode = 130;

function readOptions(): Options {
  try {
    return parseOptions(
      process.argv.slice(2),
      scenarios.map((scenario) => scenario.name),
    );
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exit(2);
  }
}

async function runScenarios(bench: Bench, options: Options): Promise<readonly ScenarioResult[]> {
  const results: ScenarioResult[] = [];
  for (const scenario of scenarios) {
    if (options.only.length > 0 && !options.only.includes(scenario.name)) continue;
    console.error(`running ${scenario.name} …`);
    results.push(await scenario.run(bench));
  }
  return results;
}

async function main(options: Options, bench: Bench): Promise<void> {
  const startedAt = new Date();
  const report = buildReport(await runScenarios(bench, options), startedAt, options.quick);
  writeFileSync(reportPath, `${JSON.stringify(report, null, 2)}\n`);
  console.log(formatReport(report));
  console.log(`\nEvery single measurement: ${reportPath}`);
  if (options.strict && report.lines.some((line) => line.verdict === 'missed')) process.exitCode = 1;
}

const options = readOptions();
const bench = createBench(options.quick ? quickTiming : fullTiming);
let interrupted = false;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // A second signal does not wait: the exit handler kills what is left.
    if (interrupted) process.exit(interruptedExitCode);
    interrupted = true;
    process.exitCode = interruptedExitCode;
    void bench.stop().then(() => process.exit(interruptedExitCode));
  });
}

try {
  await main(options, bench);
} catch (error) {
  // After a signal the scenario under way fails because its processes are being stopped: no news.
  if (!interrupted) {
    console.error(error);
    process.exitCode = 1;
  }
} finally {
  await bench.stop();
}
