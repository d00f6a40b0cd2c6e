import { mkdir, mkdtempDisposable, rename, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { addition, openWriter, postsOf, writerPolicy } from '../../support/open-session.ts'
import { startAgent } from '../../support/running-agent.ts'

/** A directory stands where the journal should: it cannot be opened, whoever the agent runs as. */
async function blockJournal(stateDirectory: string) {
  const [path, aside] = [join(stateDirectory, 'journal.db'), join(stateDirectory, 'aside.db')]
  await rename(path, aside).catch(() => {})
  await mkdir(path)
  return async () => {
    await rmdir(path)
    await rename(aside, path)
  }
}

test('starts with a journal that cannot be opened, and names what it holds in a new session once it can', async () => {
  await using state = await mkdtempDisposable(join(tmpdir(), 'sallyport-recovery-'))
  await using before = await openWriter({ stateDirectory: state.path })
  const { jumpcloud, plane, agent, session } = before
  const held = jumpcloud.levers.holdAnswer({ method: 'POST' })
  const asked = jumpcloud.nextRequest(({ method }) => method === 'POST')
  session.run([addition(before)])
  await asked
  await agent.daemon.stop()
  held.release()

  const unblock = await blockJournal(state.path)
  await using later = await startAgent({
    plane,
    jumpcloudUrl: jumpcloud.url,
    key: jumpcloud.keys.administrator,
    policy: writerPolicy(jumpcloud),
    stateDirectory: state.path,
  })
  const blind = await plane.session()
  blind.run([{ id: 'run-that-reads', job: 'org.get' }])
  const answer = await blind.answer('run-that-reads')
  await unblock()
  const seeing = await plane.session()

  expect(blind.body).toMatchObject({ journal: 'failing', held: [] })
  expect(answer).toMatchObject({ type: 'done' })
  expect(seeing.body).toMatchObject({ journal: 'ok', held: [{ run: 'run-00000001', attempt: 1 }] })
  expect(await seeing.answer('run-00000001')).toMatchObject({ type: 'done', outcome: 'applied' })
  expect(postsOf(before)).toHaveLength(1)
  expect(later.lines.map(({ event }) => event)).toContain('runs.not_recovered')
})
