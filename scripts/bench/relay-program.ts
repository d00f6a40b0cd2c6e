// The end of the bare relay in the customer's network, as a program.
//   node relay.cjs FAR_SIDE JUMPCLOUD KEY

import { startRelay } from './bare-relay.ts'

// An orderly exit, because Node keeps the code cache of no other.
process.on('SIGTERM', () => process.exit())

const [farSide = '', jumpcloud = '', key = ''] = process.argv.slice(2)
startRelay(farSide, jumpcloud, key)
