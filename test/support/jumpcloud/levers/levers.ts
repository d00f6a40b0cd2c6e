// Owns the names of all levers, for tests in the process and for the control port alike.

import { badBody } from './body.ts'
import { hold, holdAnswer, latencyMs, lateWrite, resetBeforeAnswer, resetMidBody } from './connection.ts'
import { echoKey, expireKey, plantKey, revokeKey } from './credential.ts'
import { deleteBetweenPages, duplicateAcrossPages, insertBetweenPages } from './drift.ts'
import type { Lever, Site } from './lever.ts'
import { answerHtml, answerStatus, planWithoutInsights, redirect302, serverError, tooManyRequests } from './refusing.ts'
import { undoChange } from './undoing.ts'

const KINDS = {
  latencyMs,
  hold,
  holdAnswer,
  tooManyRequests,
  serverError,
  answerHtml,
  answerStatus,
  planWithoutInsights,
  redirect302,
  resetBeforeAnswer,
  resetMidBody,
  lateWrite,
  undoChange,
  badBody,
  insertBetweenPages,
  deleteBetweenPages,
  duplicateAcrossPages,
  revokeKey,
  expireKey,
  echoKey,
  plantKey,
}

export type Levers = ReturnType<typeof createLevers>

/** Every lever acts until it is released or its `count` is used up; the one pulled last has the last word. */
export function createLevers(site: Site) {
  return {
    latencyMs: latencyMs.local(site),
    hold: hold.local(site),
    holdAnswer: holdAnswer.local(site),
    tooManyRequests: tooManyRequests.local(site),
    serverError: serverError.local(site),
    answerHtml: answerHtml.local(site),
    answerStatus: answerStatus.local(site),
    planWithoutInsights: planWithoutInsights.local(site),
    redirect302: redirect302.local(site),
    resetBeforeAnswer: resetBeforeAnswer.local(site),
    resetMidBody: resetMidBody.local(site),
    lateWrite: lateWrite.local(site),
    undoChange: undoChange.local(site),
    badBody: badBody.local(site),
    insertBetweenPages: insertBetweenPages.local(site),
    deleteBetweenPages: deleteBetweenPages.local(site),
    duplicateAcrossPages: duplicateAcrossPages.local(site),
    revokeKey: revokeKey.local(site),
    expireKey: expireKey.local(site),
    echoKey: echoKey.local(site),
    plantKey: plantKey.local(site),
  }
}

/** Pulls a lever by its name; throws when there is none of that name or the options do not fit. */
export function pullByName(site: Site, name: string, options: unknown): Lever {
  const kind = Object.entries(KINDS).find(([known]) => known === name)?.[1]
  if (kind === undefined) throw new Error(`simulator: there is no lever ${name}`)
  return kind.remote(site)(options)
}
