// The end of a turn of the event loop, and of one event in it, as values that are passed in.

/** Calls back once, after the events that are ready now. */
export type EndOfTurn = (then: () => void) => void

export const systemTurn: EndOfTurn = (then) => void setImmediate(then)

/** Calls back once, after all that follows at once from the event at hand. */
export type EndOfEvent = (then: () => void) => void

export const systemEvent: EndOfEvent = (then) => process.nextTick(then)
