import { defineConfig } from 'vitest/config';
import { FileOrder } from './test/support/file-order.js';

/** Most tests start real processes on ephemeral ports with temporary state; `dist/` must be built first (npm test does). */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Files share processes, and load what they use once: a process for each was 0.9 s of CPU a file.
    isolate: false,
    setupFiles: ['test/setup.ts'],
    // More than the cores of a small machine: many tests wait for deadlines.
    maxWorkers: 5,
    sequence: { sequencer: FileOrder },
    // Dozens of real processes share two cores: one starved start must not fail a whole run. Locally nothing is repeated.
    retry: process.env.CI ? 1 : 0,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
  },
});
