// A read that is done shows the directory as it was at some time while it ran: what was there throughout is there once, and
// nothing that never was.

import type { Evidence, KeptRun } from '../evidence.ts'

export function checkReads(evidence: Evidence): readonly string[] {
  const askedAtMs = new Map(
    evidence.told.flatMap(({ runs, askedAtMs }) => runs.map((run) => [run, askedAtMs] as const)),
  )
  const done = evidence.runs.filter(({ state, effect }) => state === 'done' && effect === 'read')
  return done.flatMap((run) => {
    const found = idsOf(run)
    const twice = found.filter((id, place) => found.indexOf(id) < place)
    const { must, may } = expected(evidence, run, askedAtMs.get(run.id) ?? 0)
    const missing = [...must].filter((id) => !found.includes(id))
    const strange = found.filter((id) => !may.has(id))
    return [
      ...twice.map((id) => `${run.job} ${run.id} shows ${id} twice`),
      ...missing.map((id) => `${run.job} ${run.id} does not show ${id}`),
      ...strange.map((id) => `${run.job} ${run.id} shows ${id}, which never was there`),
    ]
  })
}

type Expected = { readonly must: ReadonlySet<string>; readonly may: ReadonlySet<string> }

function expected(evidence: Evidence, run: KeptRun, fromMs: number): Expected {
  const { users, allGroups } = evidence.directory
  const exactly = (ids: readonly string[]) => ({ must: new Set(ids), may: new Set(ids) })
  switch (run.job) {
    case 'users.list':
      return exactly(users)
    case 'groups.list':
      return exactly(allGroups)
    case 'groups.get':
      return exactly([String(run.params.groupId)])
    default:
      return membersOf(evidence, run, fromMs)
  }
}

function membersOf({ directory, effects }: Evidence, { params, finalAtMs }: KeptRun, fromMs: number): Expected {
  const untilMs = finalAtMs ?? Number.POSITIVE_INFINITY
  const must = new Set(directory.users.filter(directory.isMemberAtFirst))
  const may = new Set(must)
  for (const { op, groupId, userId, applied, atMs } of effects) {
    if (!applied || groupId !== params.groupId || atMs > untilMs) continue
    if (op === 'add') {
      may.add(userId)
      if (atMs < fromMs) must.add(userId)
    } else {
      must.delete(userId)
      if (atMs < fromMs) may.delete(userId)
    }
  }
  return { must, may }
}

function idsOf({ pages }: KeptRun): readonly string[] {
  const rows: unknown[] = (pages.at(-1) ?? []).flatMap((page) => JSON.parse(page.rows))
  return rows.map((row) => String(Object(row).id ?? Object(row).userId))
}
