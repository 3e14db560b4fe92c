import { defineConfig } from 'vitest/config';

/** What is tested within the test's own process. */
const modules = ['test/{shared,primary,workers,docs}/**/*.test.ts'];

/** Most tests start real processes on ephemeral ports with temporary state; `dist/` must be built first (npm test does). */
export default defineConfig({
  test: {
    pool: 'forks',
    // Two more than the cores of a small machine: many tests wait for deadlines.
    maxWorkers: 4,
    // Dozens of real processes share two cores: one starved start must not fail a whole run. Locally nothing is repeated.
    retry: process.env.CI ? 1 : 0,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    projects: [
      // Files that share a process load what they test once.
      { extends: true, test: { name: 'modules', include: modules, isolate: false } },
      { extends: true, test: { name: 'gateways', include: ['test/**/*.test.ts'], exclude: modules } },
    ],
  },
});
