// A process that journals until it is killed, and says on standard output what it was told is durable. For the crash tests.

import { setImmediate } from 'node:timers/promises'
import { openJournal } from '../../../agent/journal/journal.ts'
import { systemClock } from '../../../agent/ports/clock.ts'
import { systemRandom } from '../../../agent/ports/random.ts'
import { pageOf, progressAt, runNamed, testKey } from './open-test-journal.ts'

const [stateDirectory = '', prefix = ''] = process.argv.slice(2)
const say = (...words: readonly (string | number)[]) => void process.stdout.write(`${words.join(' ')}\n`)

say('loaded')
const silent = () => {}
const journal = await openJournal({
  stateDirectory,
  key: testKey(7),
  clock: systemClock,
  random: systemRandom,
  log: { debug: silent, info: silent, warn: silent, error: silent },
})

async function live(id: string): Promise<void> {
  await journal.hold(runNamed(id, { effect: 'write' }))
  say('held', id)
  await journal.intend(id, 'user')
  say('intended', id)
  await journal.settle(id, 'user', { outcome: 'applied' })
  say('settled', id)
  for (let seq = 0; seq < 3; seq += 1) {
    await journal.page(id, pageOf(seq, 'x'.repeat(9_000)), progressAt(seq))
    say('paged', id, seq)
  }
  await journal.answer(id, { type: 'done', id })
  say('answered', id)
  await journal.forget(id)
  say('forgotten', id)
}

for (let round = 0; ; round += 1) {
  await Promise.all(['a', 'b', 'c'].map((name) => live(`${prefix}-${round}-${name}`)))
  await setImmediate()
}
