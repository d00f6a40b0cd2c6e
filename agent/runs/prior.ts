// What has to be before something is told. The newest counts: an older one that comes later says nothing.

export type Prior = {
  readonly isAwaited: boolean
  /** Without one there is nothing to wait for. It never rejects. */
  await(prior: Promise<void> | undefined): void
}

/** `over` is called when what is awaited has come. */
export function createPrior(over: () => void): Prior {
  let awaited: Promise<void> | undefined
  return {
    get isAwaited() {
      return awaited !== undefined
    },
    await: (prior) => {
      awaited = prior
      void prior?.then(() => {
        if (awaited !== prior) return
        awaited = undefined
        over()
      })
    },
  }
}
