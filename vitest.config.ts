import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    /* As Node itself resolves it: Vite would take the copy under "module", and two copies refuse each other's types. */
    alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) }],
  },
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', 'data/**'],
    environment: 'node',
    pool: 'forks',
    /* Files share a process and what it has imported, which halves the time of the whole: none may leave anything. */
    isolate: false,
    /* Much of a test is waiting: three files at once keep two cores busy. */
    maxWorkers: 3,
    /* Machines of CI are noisy. What needed a second try is marked in the report. */
    retry: process.env.CI === undefined ? 0 : 1,
    testTimeout: 30_000,
    /* PostgreSQL writes out all it has before it drops a database, which takes long where many tests write. */
    hookTimeout: 180_000,
    expect: { poll: { timeout: 10_000 } },
    env: { APOLLO_TELEMETRY_DISABLED: '1', PACT_DO_NOT_TRACK: 'true', NO_COLOR: '1' },
  },
});
