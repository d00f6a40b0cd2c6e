import { cp, mkdtempDisposable, readdir, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock as clock } from '../../../control-plane/ports/clock.ts'
import { systemRandom as random } from '../../../control-plane/ports/random.ts'
import { openState } from '../../../control-plane/server.ts'
import { backUp } from '../../../control-plane/store/back-up.ts'
import { aCode, aPage, aRun } from './store-fixtures.ts'

async function openWorld() {
  const directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-backup-'))
  const at = (name: string) => join(directory.path, name)
  const { store, signer } = await openState(at('state'), { random, clock })
  await store.codes.add(aCode)
  await store.runs.add(aRun)
  await store.runs.step({ run: aRun.id, from: ['queued'], to: 'sent', change: { attempt: 1 } })
  await store.pages.add(aPage)
  const close = async () => {
    await store.close()
    await directory.remove()
  }
  return { at, store, signer, [Symbol.asyncDispose]: close }
}

test('what is put back is the control plane as it was, with its key and its pages', async () => {
  await using world = await openWorld()
  const { at, store, signer } = world

  await backUp({ from: at('state'), to: at('copy') })
  await store.agents.remove('acme')
  await cp(at('copy'), at('restored'), { recursive: true })
  const restored = await openState(at('restored'), { random, clock })

  expect(restored.signer).toMatchObject({ plane: signer.plane, kid: signer.kid })
  expect(await restored.store.runs.get(aRun.id)).toMatchObject({ state: 'sent', pageCount: 1 })
  expect(await restored.store.pages.list(aRun.id, 1, { from: 0, limit: 9 })).toEqual([aPage])
  await restored.store.close()
})

test('is for its owner alone, and leaves nothing by halves', async () => {
  await using world = await openWorld()
  const { at } = world

  await backUp({ from: at('state'), to: at('copy') })

  const names = await readdir(at('copy'))
  expect(names.sort()).toEqual(['pages.key', 'signing.key', 'store.db'])
  expect((await stat(at('copy'))).mode & 0o777).toBe(0o700)
  for (const name of names) expect((await stat(join(at('copy'), name))).mode & 0o777).toBe(0o600)
})

test('is of one instant although the store is written meanwhile', async () => {
  await using world = await openWorld()
  const { at, store } = world
  let isOver = false
  const writing = (async () => {
    for (let seq = 1; !isOver; seq += 1)
      await store.pages.add({ ...aPage, seq, rows: JSON.stringify('x'.repeat(20_000)) })
  })()

  await backUp({ from: at('state'), to: at('copy') })
  isOver = true
  await writing

  const { store: copy } = await openState(at('copy'), { random, clock })
  const run = await copy.runs.get(aRun.id)
  expect((await copy.pages.rowCounts(aRun.id, 1)).length).toBe(run?.pageCount)
  await copy.close()
})

test('refuses a directory in which there is something', async () => {
  await using world = await openWorld()
  const { at } = world
  await backUp({ from: at('state'), to: at('copy') })
  await writeFile(at('file'), '')

  const again = backUp({ from: at('state'), to: at('copy') })

  await expect(again).rejects.toMatchObject({ code: 'request_invalid' })
  await expect(backUp({ from: at('state'), to: at('file') })).rejects.toMatchObject({ code: 'request_invalid' })
})

test('makes no folder above the one that it is told', async () => {
  await using world = await openWorld()
  const { at } = world

  const mistyped = backUp({ from: at('state'), to: at('bakcups/monday') })

  await expect(mistyped).rejects.toMatchObject({ code: 'request_invalid', message: expect.stringContaining('ENOENT') })
  expect(await readdir(at('.'))).toEqual(['state'])
})
