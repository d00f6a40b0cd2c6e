import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { groupsList } from '../support/submissions.ts'
import { createActivity } from './activity.ts'
import { createHostLog } from './host-log.ts'
import { createPlaneHost } from './plane-host.ts'
import { createVirtualClock } from './virtual-clock.ts'

test('of what a process stores as final once it is dead nobody is told: the next one has the run as it was', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'sallyport-chaos-'))
  const clock = createVirtualClock(createActivity())
  const finals: string[] = []
  const onFinal = (run: string) => void finals.push(run)
  await using host = await createPlaneHost({
    ...{ folder: folder.path, clock, onFinal },
    log: createHostLog(clock.elapsedMs),
  })
  await host.start()
  const { plane: first } = host.running()
  await first.administration.createCode('test', 'acme')
  const submit = async () => (await first.runs.submit(groupsList)).run.id
  const [early, late] = [await submit(), await submit()]

  await first.runs.cancel('test', early)
  host.crash()
  const ofTheDead = await first.runs.cancel('test', late)
  await host.start()
  const ofTheNext = await host.running().plane.runs.get(late)

  expect([ofTheDead.state, ofTheNext?.state, finals]).toEqual(['cancelled', 'queued', [early]])
})
