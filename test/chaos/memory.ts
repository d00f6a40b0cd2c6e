// Whether worlds that are over leave the process larger: the heap after each, and after all of them what is outside the heap too,
// where SQLite has its own.

export type MemoryPorts = {
  /** Of the heap, once everything that nobody needs is gone. */
  readonly collectedHeapBytes: () => number
  /** Private memory of the process. */
  readonly privateBytes: () => Promise<number>
}

export type Memory = {
  /** In words, what the last world left. */
  afterWorld(): readonly string[]
  /** The same of all of them. */
  afterAll(): Promise<readonly string[]>
  /** By how much the heap has grown since the beginning. */
  told(): string
}

const mebibytes = 1024 * 1024

/** Code that was compiled, and what the collector leaves for later: a world that stays is many times as large. */
const worldBytes = 4 * mebibytes
const allWorldsBytes = 24 * mebibytes

/** The young generation goes up and down by this, and a little is not given back; a store that stays open is half a megabyte. */
const outsideBytes = 160 * mebibytes

export async function createMemory({ collectedHeapBytes, privateBytes }: MemoryPorts): Promise<Memory> {
  const firstBytes = collectedHeapBytes()
  const firstPrivateBytes = await privateBytes()
  let lastBytes = firstBytes
  const grown = (what: string, byteCount: number, most: number) =>
    byteCount > most ? [`memory: ${what} grew by ${Math.round(byteCount / mebibytes)} MiB`] : []

  return {
    afterWorld: () => {
      const before = lastBytes
      lastBytes = collectedHeapBytes()
      return grown('the heap', lastBytes - before, worldBytes)
    },
    afterAll: async () => [
      ...grown('over all seeds, the heap', lastBytes - firstBytes, allWorldsBytes),
      ...grown('over all seeds, the process', (await privateBytes()) - firstPrivateBytes, outsideBytes),
    ],
    told: () => {
      const byteCount = lastBytes - firstBytes
      return `heap ${byteCount < 0 ? '' : '+'}${(byteCount / mebibytes).toFixed(1)} MiB`
    },
  }
}
