import { configDefaults, defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They want more of a machine than Node: `npm run test:host`.
    exclude: [...configDefaults.exclude, 'test/host/**', 'test/install/**'],
    setupFiles: ['test/support/expect-node.ts', 'test/support/nothing-left-open.ts'],
    restoreMocks: true,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Two workers: the machines this is built for have two cores, and stories start processes of their own.
    maxWorkers: 2,
  },
})
