// Which versions of the protocol one end speaks.

import { z } from 'zod'

export const protocolRange = z.object({ min: z.int().min(1), max: z.int().min(1) })
export type ProtocolRange = z.infer<typeof protocolRange>
