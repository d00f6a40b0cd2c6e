import { expect, test } from 'vitest'
import { guardedOutput } from '../../../agent/cli/guarded-output.ts'
import { createLeakGuard } from '../../../agent/vault/leak-guard.ts'
import { Secret } from '../../../agent/vault/secret.ts'

const key = 'jca_4vTQ9xY0pLm7K2aaaa'

function openOutput() {
  const [printed, complained]: [string[], string[]] = [[], []]
  const guard = createLeakGuard()
  guard.protect(new Secret(key), 'main')
  guard.protect(new Secret('hunter2'), 'plane.proxy')
  const raw = { print: (line: string) => printed.push(line), complain: (line: string) => complained.push(line) }
  return { ...guardedOutput(raw, guard), printed, complained }
}

test('an answer that holds a secret is refused as a whole, and named by whose it is', () => {
  const output = openOutput()

  output.print('organisation 5f1')
  expect(() => output.print(`{"note":"${Buffer.from(`x${key}`).toString('base64')}"}`)).toThrow(
    expect.objectContaining({
      code: 'leak_blocked',
      message: expect.stringContaining('the secret of main, as base64'),
    }),
  )
  expect(output.printed).toEqual(['organisation 5f1'])
})

test('a complaint that holds a secret, a short one too, is replaced by one that says so', () => {
  const output = openOutput()

  for (const said of ['no such file', `read ${key}`, 'proxy answered 407 to hunter2']) output.complain(said)

  const instead = 'sallyport: leak_blocked: what was to be said here held a secret'
  expect(output.complained).toEqual(['no such file', instead, instead])
})

test('what others wrote neither begins a line of its own nor is obeyed by a terminal', () => {
  const output = openOutput()
  const name = 'Acme\n\u001b[1A\u001b[2Kok   \u202egnp'

  output.print(`for organisation ${name}`)
  output.print(JSON.stringify({ name }))
  output.complain(`no: ${name}`)

  const shown = 'Acme\\u000a\\u001b[1A\\u001b[2Kok   \\u202egnp'
  const [line = '', json = ''] = output.printed
  expect([line, ...output.complained]).toEqual([`for organisation ${shown}`, `no: ${shown}`])
  expect(JSON.parse(json)).toEqual({ name })
})

test('of a complaint of several lines each begins anew where it is indented, as in a list of what is wrong in a file', () => {
  const output = openOutput()

  output.complain('2 problems\n  one: \u001b[2K\n  two: Acme\nok   all is well')

  expect(output.complained).toEqual(['2 problems\n  one: \\u001b[2K\n  two: Acme\\u000aok   all is well'])
})
