// The connection as some products hand it over: `{"url": "https://console.jumpcloud.com", "token": "…"}`. The address says the
// region; it is never guessed.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { z } from 'zod'
import { baseUrlsOf, type Region } from '../jumpcloud/regions.ts'

const form = z.looseObject({ url: z.url(), token: z.string().min(1) })

export type NamedConnection = { readonly region: Region; readonly token: string }

/** Throws `configuration_invalid`, which does not repeat the text. */
export function readConnectionFile(text: string, path: string): NamedConnection {
  const fail = (why: string) => new SallyportError('configuration_invalid', `read the connection ${path}: ${why}`)
  const parsed = form.safeParse(parseJson(text)).data
  if (parsed === undefined) throw fail('it is not {"url": "https://console.jumpcloud.com", "token": "…"}')
  const { origin } = new URL(parsed.url)
  const region = (['us', 'eu', 'in'] as const).find((one) => baseUrlsOf({ region: one }).console === origin)
  if (region === undefined)
    throw fail(`${origin} is not the console of a region of JumpCloud; name the region with --region`)
  return { region, token: parsed.token }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    return undefined
  }
}
