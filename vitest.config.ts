import { defineConfig } from 'vitest/config';

const shared = { environment: 'node', exclude: ['**/node_modules/**', 'dist/**'] };

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    maxConcurrency: 2,
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          exclude: [...shared.exclude, 'test/original/commands.test.ts'],
          include: [
            'src/**/*.test.ts',
            'test/architecture/**/*.test.ts',
            'test/conformance/**/*.test.ts',
            'test/clouds/**/*.test.ts',
            'test/corpus/**/*.test.ts',
            'test/deploy/**/*.test.ts',
            'test/docs/**/*.test.ts',
            'test/golden/**/*.test.ts',
            'test/original/**/*.test.ts',
            'test/ledger/**/*.test.ts',
            'test/inbound/**/*.test.ts',
            'test/routing/**/*.test.ts',
            'test/stores/**/*.test.ts',
            'test/cache/**/*.test.ts',
            'test/plugins/**/*.test.ts',
            'test/support/**/*.test.ts',
            'test/telemetry/**/*.test.ts',
            'test/wall/**/*.test.ts',
          ],
          testTimeout: 20_000,
        },
      },
      {
        // Whole programs run here: one file at a time, so that their times mean something.
        test: {
          ...shared,
          name: 'end-to-end',
          include: ['test/end-to-end/**/*.test.ts', 'test/original/commands.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 30_000,
        },
      },
    ],
  },
});
