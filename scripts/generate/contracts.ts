// Loads the contracts of all jobs, in the order of their names.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { JobContract } from '../../protocol/job-contract.ts'

export type LoadedContract = { readonly file: string; readonly contract: JobContract }

export async function loadContracts(root: string): Promise<readonly LoadedContract[]> {
  const files = readdirSync(join(root, 'protocol/jobs')).sort()
  return await Promise.all(
    files.map(async (file) => {
      // Every file there default-exports a contract; the compiler holds that where jobs.generated.ts loads it.
      const { default: contract } = (await import(join(root, 'protocol/jobs', file))) as { default: JobContract }
      return { file, contract }
    }),
  )
}
