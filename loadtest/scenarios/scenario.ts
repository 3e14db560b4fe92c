/** What every scenario is. */
import type { Bench } from '../bench.js';
import type { ScenarioResult } from '../figures.js';

export interface Scenario {
  /** For `--only`, and the first part of its figures' ids. */
  readonly name: string;
  run(bench: Bench): Promise<ScenarioResult>;
}
