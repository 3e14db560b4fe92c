/** The tools that there are, and who has them, as they travel to threads: shared bytes, decoded once per version. */
import { shareJson, type SharedJson } from '../shared-json.js';
import type { ToolDefinition } from './definition.js';
import type { ToolPolicy } from './policy.js';

export interface ToolTable {
  /** Counted by the worker's process: tools come and go within one config version. */
  readonly version: number;
  readonly policy: ToolPolicy;
  readonly definitions: readonly ToolDefinition[];
}

export type SharedToolTable = SharedJson;

export function shareTools(table: ToolTable): SharedToolTable {
  return shareJson(table);
}
