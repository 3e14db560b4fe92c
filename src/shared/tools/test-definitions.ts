/** Tools for tests, which exist only in a gateway that was started with `PLLAN_TEST_HOOKS=1`. */
import type { ToolDefinition } from './definition.js';

export const testToolDefinitions: readonly ToolDefinition[] = [
  'test_echo',
  'test_wait',
  'test_updates',
  'test_input',
  'test_throw',
  'test_misbehave',
  'test_large',
].map((name) => ({
  name,
  label: name,
  description: 'For tests.',
  source: 'core',
  group: 'test',
  parameters: { type: 'object' },
  defaultProfiles: [],
}));
