import { ledgerHeadText } from '@sallyport/protocol'
import { expect, test } from 'vitest'

test('the text that is signed binds a head to its replica', () => {
  const head = { seq: 12, hash: 'a'.repeat(64) }

  expect(ledgerHeadText({ agent: 'acme', replica: 'rp_one', head })).toBe(
    `sallyport ledger v1 head\nacme\nrp_one\n12\n${'a'.repeat(64)}`,
  )
})
