import { mkdtempDisposable, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openPanic } from '../../../agent/policy/panic.ts'

test('is on from when it is raised to when it is lifted, for whoever looks', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-panic-'))
  const [one, other] = [openPanic(directory.path), openPanic(directory.path)]

  const before = other.isOn()
  one.raise()
  one.raise()
  const raised = other.isOn()
  one.lift()
  one.lift()

  expect([before, raised, other.isOn()]).toEqual([false, true, false])
})

test('is on where it cannot be looked up', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-panic-'))

  expect(openPanic(join(directory.path, 'x'.repeat(300))).isOn()).toBe(true)
})

test('is on also where a link stands in the place of the file', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-panic-'))
  const panic = openPanic(directory.path)
  await symlink('nowhere', panic.path)

  panic.raise()

  expect(panic.isOn()).toBe(true)
})
