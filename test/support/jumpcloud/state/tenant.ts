// Owns the objects of one organisation and the changes that touch more than one of them.
// HTTP, events and the record of mutations are the resources' work.

import type { Json, JsonObject } from '../json.ts'
import type { Draw } from '../random.ts'
import { Edges } from './edges.ts'
import { EventLog } from './event-log.ts'
import { createIdentifiers, type NewId } from './identifier.ts'
import { matchesMemberQuery } from './member-query.ts'
import { OrderedRows } from './ordered-rows.ts'

export type Row = JsonObject & { readonly id: string }

export type User = Row & {
  readonly username: string
  readonly email: string
  readonly state: 'STAGED' | 'ACTIVATED' | 'SUSPENDED'
  readonly suspended: boolean
  readonly manager?: string
}

export type MemberQueryExemption = { readonly id: string; readonly type: 'USER'; readonly organizationId: string }

export type UserGroup = Row & {
  readonly type: 'user_group'
  readonly name: string
  readonly description: string
  readonly email: string
  readonly membershipMethod: 'NOTSET' | 'STATIC' | 'DYNAMIC_REVIEW_REQUIRED' | 'DYNAMIC_AUTOMATED'
  readonly memberQuery: Json
  readonly memberQueryExemptions: readonly MemberQueryExemption[]
  readonly memberSuggestionsNotify: boolean
  readonly attributes: JsonObject
  readonly organizationObjectId: string
}

export type Organization = Row & { readonly displayName: string | null; readonly settings: JsonObject }

export type RuleChange = { readonly op: 'add' | 'remove'; readonly groupId: string; readonly userId: string }

export class Tenant {
  readonly users = new OrderedRows<User>()
  readonly groups = new OrderedRows<UserGroup>()
  readonly applications = new OrderedRows<Row>()
  readonly administrators = new OrderedRows<Row>()
  readonly systems = new OrderedRows<Row>()
  readonly systemGroups = new OrderedRows<Row>()
  /** group → user, direct only. */
  readonly members = new Edges()
  /** group → group. */
  readonly subgroups = new Edges()
  /** application → user or group. */
  readonly bindings = new Edges()
  readonly events = new EventLog()
  readonly newId: NewId
  readonly organization: Organization
  readonly draw: Draw
  /** Whether the plan includes Directory Insights; without it Insights answers 402. */
  directoryInsights = true

  constructor(organization: Organization, draw: Draw) {
    this.organization = organization
    this.draw = draw
    this.newId = createIdentifiers(draw)
  }

  get id(): string {
    return this.organization.id
  }

  deleteUser(id: string): boolean {
    this.members.forget(id)
    this.bindings.forget(id)
    return this.users.delete(id)
  }

  deleteGroup(id: string): boolean {
    this.members.forget(id)
    this.subgroups.forget(id)
    this.bindings.forget(id)
    return this.groups.delete(id)
  }

  isExempt(group: UserGroup, userId: string): boolean {
    return group.memberQueryExemptions.some(({ id }) => id === userId)
  }

  isDynamic(group: UserGroup): boolean {
    return group.membershipMethod.startsWith('DYNAMIC_')
  }

  /** Brings automated groups in line with their rules, at once (JumpCloud takes seconds; reference 7.3 [O]). */
  applyMemberQueries(): readonly RuleChange[] {
    return this.groups.all
      .filter(({ membershipMethod }) => membershipMethod === 'DYNAMIC_AUTOMATED')
      .flatMap((group) => this.#applyMemberQuery(group))
  }

  #applyMemberQuery(group: UserGroup): readonly RuleChange[] {
    const changes: RuleChange[] = []
    for (const user of this.users.all) {
      if (this.isExempt(group, user.id)) continue
      const belongs = matchesMemberQuery(user, group.memberQuery)
      const changed = belongs ? this.members.add(group.id, user.id) : this.members.remove(group.id, user.id)
      if (changed) changes.push({ op: belongs ? 'add' : 'remove', groupId: group.id, userId: user.id })
    }
    return changes
  }
}
