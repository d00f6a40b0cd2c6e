// A steady load while something happens.

const everyMs = 10
const fewest = 200

/** Starts a hundred a second until `during` has resolved, and two hundred at least; what each of them came to. */
export async function underLoad<Ended>(
  start: () => Promise<Ended>,
  during: () => Promise<void>,
): Promise<readonly Ended[]> {
  const started: Promise<Ended>[] = []
  const beginAt = performance.now()
  const enough = Promise.withResolvers<void>()
  const timer = setInterval(() => {
    while (started.length * everyMs < performance.now() - beginAt) started.push(start())
    if (started.length >= fewest) enough.resolve()
  }, everyMs)
  try {
    await during()
    await enough.promise
  } finally {
    clearInterval(timer)
  }
  return await Promise.all(started)
}
