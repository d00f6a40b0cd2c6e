// Instants leave through the HTTP interface as RFC 3339 in UTC.

import { z } from '@hono/zod-openapi'

export const instant = z.iso.datetime()

export const toInstant = (at: number): string => new Date(at).toISOString()

export const maybeInstant = (at: number | null): string | null => (at === null ? null : toInstant(at))
