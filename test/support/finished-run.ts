// A run that has come to its end in the store, without an agent: submitted for real, its pages and its end put there.

import type { TestControlPlane } from './control-plane.ts'

export const rowsOf = (count: number) => Array.from({ length: count }, (_, index) => ({ id: String(index) }))

/** Each page is a list of rows; answers with the id of the run. */
export async function putFinishedRun(world: TestControlPlane, pages: readonly (readonly unknown[])[]): Promise<string> {
  await world.plane.administration.createCode('test', 'acme')
  const asked = { agent: 'acme', job: 'groups.list', connection: 'main', params: {}, requester: 'test' }
  const { run } = await world.plane.runs.submit(asked)
  await world.store.runs.step({ run: run.id, from: ['queued'], to: 'sent', change: { attempt: 1, replica: 'rp_one' } })
  for (const [seq, rows] of pages.entries()) {
    await world.store.pages.add({ run: run.id, attempt: 1, seq, rows: JSON.stringify(rows), rowCount: rows.length })
  }
  const change = { finishedAt: world.clock.now(), sha256: 'a'.repeat(64) }
  await world.store.runs.step({ run: run.id, from: ['sent'], to: 'done', change })
  return run.id
}
