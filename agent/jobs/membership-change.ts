// Adding members to a group and removing them, shared by both jobs: what is looked at, sent, read back, and what each
// user's row then says. Nothing that may have been read by JumpCloud is ever sent twice.

import type { MembershipChangeRow, membershipChangeParams } from '@sallyport/protocol/membership-change'
import { SallyportError } from '@sallyport/protocol/sallyport-error'
import type { z } from 'zod'
import { CallError } from '../jumpcloud/call-error.ts'
import { isDirectMember, membershipChange } from '../jumpcloud/membership.ts'
import { getSystemUser } from '../jumpcloud/system-user.ts'
import { exemptUserIds, getUserGroup, isDynamic, type UserGroup } from '../jumpcloud/user-group.ts'
import { asTheySettle } from './as-they-settle.ts'
import type { WriteContext } from './handler.ts'

type Params = z.output<typeof membershipChangeParams>
type Context = WriteContext<Params, MembershipChangeRow>
type Fate = Omit<MembershipChangeRow, 'userId'>

const usersAtOnce = 4

/**
 * Yields one row per user. A failure ends the run only while nothing was changed by it, or may have been; after that it
 * is a row of the user whom it hit, so that what was done is always told.
 */
export async function* changeMembership(op: 'add' | 'remove', context: Context): AsyncGenerator<MembershipChangeRow> {
  const { params, jumpcloud } = context
  const group = orMissing(getUserGroup(jumpcloud, params.groupId))
  // Whoever comes first awaits it; nobody else has to hear that it failed.
  group.catch(() => {})
  const changed = new Set(params.userIds.filter((userId) => context.earlier(userId) !== undefined))
  const run: Run = { op, context, group, changed, failed: false }
  const start = async (userId: string): Promise<MembershipChangeRow> => {
    const earlier = context.earlier(userId)
    if (earlier !== undefined && earlier !== 'intended') return earlier
    const row = { userId, ...(await (earlier === 'intended' ? lookBack(run, userId) : settle(run, userId))) }
    await context.settle(userId, row)
    return row
  }
  // The first user goes alone: a key that may not do this ends the run before anything else is sent.
  const [first, ...others] = params.userIds
  if (first !== undefined) yield await start(first)
  yield* asTheySettle(others, { width: usersAtOnce, start })
}

type Run = {
  readonly op: 'add' | 'remove'
  readonly context: Context
  readonly group: Promise<UserGroup | 'missing'>
  /** Users whose membership this run changed, may have changed, or is about to change. */
  readonly changed: Set<string>
  failed: boolean
}

const applied: Fate = { outcome: 'applied', reason: null, would: null }
/** It was not so before the intent, and is so now. That nobody else did it in between, the lost answer alone would have said. */
const unansweredApplied: Fate = { ...applied, reason: 'unanswered' }
const already: Fate = { outcome: 'already', reason: null, would: null }
const unknown = (reason: 'unanswered' | 'not_visible'): Fate => ({ outcome: 'unknown', reason, would: null })
const notApplied = (reason: Fate['reason']): Fate => ({ outcome: 'not_applied', reason, would: null })

async function settle(run: Run, userId: string): Promise<Fate> {
  try {
    const fate = await lookAhead(run, userId)
    return fate === 'send' ? await send(run, userId) : fate
  } catch (error) {
    if (run.changed.has(userId)) return unknown('unanswered')
    if (run.changed.size > 0 && !run.failed) return notApplied('not_sent')
    run.failed = true
    throw error
  }
}

/** The answer is lost: because it never came, or with the process that may have asked. */
async function lookBack(run: Run, userId: string): Promise<Fate> {
  return (await isVisible(run, userId)) ? unansweredApplied : unknown('unanswered')
}

/** What is known before anything is sent; `send` where a change is needed and could work. */
async function lookAhead({ op, context, group: reading }: Run, userId: string): Promise<Fate | 'send'> {
  const { params, jumpcloud } = context
  const refuse = (reason: Fate['reason']): Fate => ({ ...notApplied(reason), would: params.dryRun ? 'refuse' : null })
  const membership = { groupId: params.groupId, userId }
  const [group, isMember] = await Promise.all([reading, isDirectMember(jumpcloud, membership)])
  if (group === 'missing') return refuse('group_not_found')
  if (isMember === (op === 'add')) {
    if (op === 'remove' && (await isMissing(context, userId))) return refuse('user_not_found')
    return params.dryRun ? { ...notApplied('dry_run'), would: 'already' } : already
  }
  if (isDynamic(group) && !exemptUserIds(group).includes(userId)) return refuse('dynamic_group')
  return params.dryRun ? { ...notApplied('dry_run'), would: 'apply' } : 'send'
}

async function send(run: Run, userId: string): Promise<Fate> {
  const { op, context, changed } = run
  const mayStart = async (): Promise<boolean> => {
    if (run.failed) return false
    changed.add(userId)
    let may = false
    try {
      may = await context.intent(userId)
      return may
    } finally {
      if (!may) changed.delete(userId)
    }
  }
  try {
    const membership = { groupId: context.params.groupId, userId }
    const sent = await context.jumpcloud.change(membershipChange(op, membership), mayStart, context.mayLeave)
    if (sent === 'withheld') {
      changed.delete(userId)
      return notApplied('not_sent')
    }
  } catch (error) {
    if (!(error instanceof CallError)) throw error
    return afterError(run, userId, error)
  }
  return (await isVisible(run, userId)) ? applied : unknown('not_visible')
}

/** What is known after the change was not answered with yes; the statuses are those of JumpCloud reference 7.2 [O]. */
async function afterError(run: Run, userId: string, error: CallError): Promise<Fate> {
  if (error.sent === 'no') {
    run.changed.delete(userId)
    return notApplied('not_sent')
  }
  if (!error.refused) return lookBack(run, userId)
  run.changed.delete(userId)
  if (error.status === 400) return notApplied('group_not_found')
  if (error.status === 404 && (run.op === 'add' || (await isMissing(run.context, userId)))) {
    return notApplied('user_not_found')
  }
  if (error.status === (run.op === 'add' ? 409 : 404)) {
    return (await isVisible(run, userId)) ? already : unknown('not_visible')
  }
  if (run.changed.size > 0) return notApplied('refused_by_jumpcloud')
  run.failed = true
  throw error
}

function isVisible({ op, context }: Run, userId: string): Promise<boolean> {
  const membership = { groupId: context.params.groupId, userId }
  return context.jumpcloud.verify(async (jumpcloud) => (await isDirectMember(jumpcloud, membership)) === (op === 'add'))
}

async function isMissing({ jumpcloud }: Context, userId: string): Promise<boolean> {
  return (await orMissing(getSystemUser(jumpcloud, userId))) === 'missing'
}

async function orMissing<Found>(finding: Promise<Found>): Promise<Found | 'missing'> {
  try {
    return await finding
  } catch (error) {
    if (error instanceof SallyportError && error.code === 'not_found') return 'missing'
    throw error
  }
}
