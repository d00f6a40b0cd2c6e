// The end of a turn of the event loop, as a value that is passed in.

/** Calls back once, after the events that are ready now. */
export type EndOfTurn = (then: () => void) => void

export const systemTurn: EndOfTurn = (then) => void setImmediate(then)
