import { readdir } from 'node:fs/promises'
import type { JobContract } from '@sallyport/protocol/job-contract'
import { expect, test } from 'vitest'
import { plainReads } from '../../../agent/policy/plain-reads.ts'

test('names jobs that there are, and reads alone', async () => {
  const folder = new URL('../../../protocol/jobs/', import.meta.url)
  const reads = new Set<string>()
  for (const file of await readdir(folder)) {
    const { default: contract }: { default: JobContract } = await import(new URL(file, folder).href)
    if (contract.effect === 'read') reads.add(contract.name)
  }

  expect([...plainReads].filter((job) => !reads.has(job))).toEqual([])
  expect(plainReads.has('events.pull')).toBe(false)
})
