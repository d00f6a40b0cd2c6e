// Reads several things at once and hands them on in order. It does not know what they are.

/**
 * Starts up to `window` reads before the first is taken, keeps that many under way, and yields their results in the order
 * of `keys`. The first that rejects ends it; whoever started the reads aborts what is still under way.
 */
export async function* readAhead<Key, Result>(
  keys: Iterable<Key>,
  { start, window }: { readonly start: (key: Key) => Promise<Result>; readonly window: number },
): AsyncGenerator<Result> {
  const underWay: Promise<Result>[] = []
  for (const key of keys) {
    const result = start(key)
    // Reads that nobody takes any more may fail unheard.
    result.catch(() => {})
    underWay.push(result)
    if (underWay.length < window) continue
    const oldest = underWay.shift()
    if (oldest !== undefined) yield await oldest
  }
  for (const result of underWay) yield await result
}
