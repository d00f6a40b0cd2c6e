import { calculateJwkThumbprint } from 'jose'
import { expect, test } from 'vitest'
import { thumbprint } from '../../../control-plane/keys/thumbprint.ts'

test('is that of RFC 8037, appendix A.3, and of any JOSE library', async () => {
  const x = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'

  expect(thumbprint(x)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k')
  expect(thumbprint(x)).toBe(await calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x }))
})
