// Counts what peers send that this version does not know. It is let pass, but somebody may want to see it.

export type Ignored = {
  frame(): void
  members(count: number): void
  counts(): { readonly frameCount: number; readonly memberCount: number }
}

export function createIgnored(): Ignored {
  let frameCount = 0
  let memberCount = 0
  return {
    frame: () => {
      frameCount += 1
    },
    members: (count) => {
      memberCount += count
    },
    counts: () => ({ frameCount, memberCount }),
  }
}
