// The id of a run that the customer approved before it was submitted. Whether the approval is good is for the agent to say; here
// it is held to what is submitted, so that whoever slipped hears of it at once.

import { createHash } from 'node:crypto'
import { approvalPayload, SallyportError, writeRunText } from '@sallyport/protocol'
import type { Submission } from './runs.ts'

/** Throws `request_invalid` where it is for something else. `params` are as the contract parsed them. */
export function approvedId(approval: string, submission: Submission, params: unknown): string {
  const { agent, job, connection, requester } = submission
  const invalid = (why: string) => new SallyportError('request_invalid', `submit ${job}: the approval ${why}.`)
  const said = approvalPayload.safeParse(parseJson(approval.split('.')[1] ?? '')).data
  if (said === undefined) throw invalid('is not in the form that the protocol describes')
  if (said.agent !== agent) throw invalid('is for another agent')
  const text = writeRunText({ id: said.run, job, connection, params, requester })
  if (createHash('sha256').update(text).digest('hex') === said.digest) return said.run
  throw invalid(
    `is for another run; here job, connection and params are as they were posted, and the requester is ${requester}`,
  )
}

function parseJson(base64url: string): unknown {
  try {
    return JSON.parse(Buffer.from(base64url, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}
