import { expect, test } from 'vitest'
import { startJumpCloud } from './jumpcloud/start.ts'
import { findTraces, tracesOf } from './key-traces.ts'

const key = 'jca_4vTQ9/+xY0pLm~ 7"K2'

const carriers = {
  'as it is': key,
  'within JSON': JSON.stringify({ note: `key ${key}` }),
  'within JSON within JSON': JSON.stringify(JSON.stringify(encodeURIComponent(key))),
  'in a query': new URL(`https://example.test/?q=${encodeURIComponent(key)}`).href,
  'in base64': Buffer.from(key).toString('base64'),
  'in base64, one byte further': Buffer.from(`x${key}`).toString('base64'),
  'in base64, two bytes further': Buffer.from(`xy${key} and more`).toString('base64'),
  'in the payload of a JWS': Buffer.from(`{"run":"${key}"}`).toString('base64url'),
  'in hex': Buffer.from(`  ${key}`).toString('hex'),
  'in capital hex': Buffer.from(`  ${key}`).toString('hex').toUpperCase(),
}

test.each(Object.entries(carriers))('finds a key %s', (_, text) => {
  expect(findTraces(text, key)).not.toEqual([])
})

test('finds nothing where there is nothing, or another key', () => {
  expect(findTraces('nothing to see', key)).toEqual([])
  expect(findTraces(Object.values(carriers).join('\n'), 'jca_another0123456789abcdef')).toEqual([])
  expect(tracesOf(key).every(({ text }) => text.length >= 16)).toBe(true)
})

test('the forms of a simulated key are texts of their own, so that a search for each can fail', async () => {
  await using jumpcloud = await startJumpCloud({ users: 1 })

  const texts = tracesOf(jumpcloud.keys.administrator).map(({ text }) => text)

  expect(new Set(texts).size).toBe(texts.length)
})
