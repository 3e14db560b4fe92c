import { defineConfig } from 'vitest/config';

/** Tests start real processes on ephemeral ports with temporary state; `dist/` must be built first (npm test does). */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Tests keep to themselves what they change: most of their work is in processes of their own.
    isolate: false,
    // One more than the two cores of a small machine: many tests wait for deadlines.
    maxWorkers: 3,
    // Dozens of real processes share two cores: one starved start must not fail a whole run. Locally nothing is repeated.
    retry: process.env.CI ? 1 : 0,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
  },
});
