// Names the points that a process passes, so that one of them can be chosen to kill it at.

/** Told of each point as it is passed, such as `before journal hold #1`. */
export type Passing = (point: string) => void

export type At = (when: 'before' | 'after', what: string) => void

/** Numbers what comes more than once. */
export function countPoints(passing: Passing): At {
  const counts = new Map<string, number>()
  return (when, what) => {
    const point = `${when} ${what}`
    const count = (counts.get(point) ?? 0) + 1
    counts.set(point, count)
    passing(`${point} #${count}`)
  }
}
