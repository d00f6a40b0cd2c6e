// The end of the strict relay in the customer's network, as a program.
//   node strict.cjs FAR_SIDE JUMPCLOUD KEY STORE

import { startStrictRelay } from './strict-relay.ts'

// An orderly exit, because Node keeps the code cache of no other.
process.on('SIGTERM', () => process.exit())

const [farSide = '', jumpcloud = '', key = '', path = ''] = process.argv.slice(2)
startStrictRelay({ farSide, jumpcloud, key, path })
