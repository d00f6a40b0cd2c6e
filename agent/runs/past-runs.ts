// Runs that ended: their ids and digests, so that other bytes under a known id are refused at once. Those of writes, and of
// long reads, are in the journal too.

const keptCount = 10_000

export type PastRuns = {
  remember(run: { readonly id: string; readonly digest: string }): void
  digestOf(id: string): string | undefined
}

export function createPastRuns(): PastRuns {
  const digests = new Map<string, string>()

  return {
    remember: ({ id, digest }) => {
      digests.set(id, digest)
      const [oldest] = digests.keys()
      if (digests.size > keptCount && oldest !== undefined) digests.delete(oldest)
    },
    digestOf: (id) => digests.get(id),
  }
}
