import { mkdtempDisposable, readFile, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keyStatement, signedTypes } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { pinKeys } from '../../../agent/session/pinned-keys.ts'
import { createFileSigner } from '../../../control-plane/keys/file-signer.ts'
import { rotateKey } from '../../../control-plane/keys/rotate-key.ts'
import type { Signer } from '../../../control-plane/keys/signer.ts'
import { systemRandom as random } from '../../../control-plane/ports/random.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const overlapMs = 1000

async function openKeys() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'sallyport-keys-'))
  const path = join(folder.path, 'signing.key')
  const clock = createFakeClock()
  const signer = await createFileSigner({ path, random, clock })
  return { path, clock, signer, [Symbol.asyncDispose]: folder[Symbol.asyncDispose] }
}

/** What an agent pins that enrols now. */
const pinned = ({ statement }: Signer) => pinKeys(keyStatement.parse(JSON.parse(statement)))
const anything = { plane: 'pl', version: 1, keys: [] }
const welcome = ({ sign }: Signer) => sign(signedTypes.welcome, anything)

test('while both keys are valid the former one signs, and an agent that knows it alone believes the statement of both', async () => {
  await using keys = await openKeys()
  const { signer, path, clock } = keys
  const [agent, former] = [pinned(signer), signer.kid]

  const { nextKid } = await rotateKey({ path, clock, overlapMs })
  await signer.refresh?.()

  const learnt = agent.succeed(signer.announcement ?? '')
  expect(learnt).toMatchObject({ version: 2, keys: [{ kid: former }, { kid: nextKid }] })
  expect(signer.kid).toBe(former)
  expect(agent.open(await welcome(signer), signedTypes.welcome)).toEqual(anything)
  expect(pinned(signer).succeed(signer.announcement ?? '')).toBeUndefined()
})

test('at its time the next key signs, who learnt of it believes that the former has ended, and who did not believes nothing', async () => {
  await using keys = await openKeys()
  const { signer, path, clock } = keys
  const late = pinned(signer)
  const { nextKid } = await rotateKey({ path, clock, overlapMs })
  await signer.refresh?.()
  const agent = pinned(signer)

  await clock.advance(overlapMs)

  expect(signer.kid).toBe(nextKid)
  expect(agent.open(await welcome(signer), signedTypes.welcome)).toEqual(anything)
  expect(agent.succeed(signer.announcement ?? '')).toMatchObject({ version: 3, keys: [{ kid: nextKid }] })
  expect(() => late.succeed(signer.announcement ?? '')).toThrow('its key is not one of the pinned ones')
})

test('the former key is wiped from the file when the next one has followed, also where nothing ran meanwhile', async () => {
  await using keys = await openKeys()
  const { path, clock } = keys
  const { d } = JSON.parse(await readFile(path, 'utf8')).key
  const { nextKid } = await rotateKey({ path, clock, overlapMs })
  expect(await readFile(path, 'utf8')).toContain(d)

  await clock.advance(overlapMs)
  const later = await createFileSigner({ path, random, clock })

  expect(later.kid).toBe(nextKid)
  expect(await readFile(path, 'utf8')).not.toContain(d)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('a second rotation waits for the end of the first', async () => {
  await using keys = await openKeys()
  const { path, clock, signer } = keys
  await rotateKey({ path, clock, overlapMs })

  await expect(rotateKey({ path, clock, overlapMs })).rejects.toMatchObject({ code: 'request_invalid' })
  await clock.advance(overlapMs)
  await signer.refresh?.()
  await rotateKey({ path, clock, overlapMs })
  await signer.refresh?.()

  expect(JSON.parse(signer.statement)).toMatchObject({ version: 4, keys: [{ kid: signer.kid }, {}] })
})

test('refuses to leave every agent behind, and changes nothing', async () => {
  await using keys = await openKeys()
  const before = await readFile(keys.path, 'utf8')

  const rotating = rotateKey({ path: keys.path, clock: keys.clock, overlapMs: 0 })

  await expect(rotating).rejects.toMatchObject({ code: 'request_invalid' })
  expect(await readFile(keys.path, 'utf8')).toBe(before)
})
