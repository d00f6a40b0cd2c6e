// The end of an enrolment, from the host's side: one session that says goodbye, and the identity is gone.

import { closeCodes, SallyportError } from '@sallyport/protocol'
import { holdSession, type SessionOptions, type SessionRuns } from '../session/session.ts'

/** A session that takes no runs: the replica that says goodbye hands back whatever it is sent. */
const noRuns: SessionRuns = {
  take: () => {},
  cancel: () => {},
  credit: () => {},
  acknowledge: () => {},
  held: () => [],
  attach: () => {},
  detach: () => {},
}

/** Removes identity.json only after the control plane confirmed; else throws, and may be tried again. */
export async function deregister(options: Omit<SessionOptions, 'runs'>, signal: AbortSignal): Promise<void> {
  const goodbye = JSON.stringify({ type: 'goodbye' })
  const { reason } = await holdSession({ ...options, runs: noRuns }, ({ send }) => void send(goodbye), signal)
  if (reason !== 'deregistered') {
    const meaning = reason === undefined ? 'the connection broke' : closeCodes[reason].meaning
    throw new SallyportError(
      'plane_answer_unexpected',
      `deregister at ${options.url}: not confirmed (${meaning}). Stop the running agent first and try again, or revoke the replica at the control plane.`,
    )
  }
  await options.identityFile.remove()
}
