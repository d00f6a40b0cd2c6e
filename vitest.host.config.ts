import { defineConfig } from 'vitest/config'
import shared from './vitest.config.ts'

// Tests that want more of a machine than Node: what it is stands in CONTRIBUTING.md.
export default defineConfig({
  test: { ...shared.test, include: ['test/{host,install}/**/*.test.ts'], exclude: [], testTimeout: 120_000 },
})
