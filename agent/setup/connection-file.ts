// The connection as some products hand it over: `{"url": "https://console.jumpcloud.com", "token": "…"}`. The address says the
// region; it is never guessed.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { z } from 'zod'
import { type BaseUrls, baseUrlsOf, type Region } from '../jumpcloud/regions.ts'

const form = z.looseObject({ url: z.url(), token: z.string().min(1) })

export type NamedConnection = { readonly hosts: Region | BaseUrls; readonly token: string }

/** `named` are the hosts that flags name. Throws `configuration_invalid`, which does not repeat the text. */
export function readConnectionFile(text: string, path: string, named?: Region | BaseUrls): NamedConnection {
  const fail = (why: string) => new SallyportError('configuration_invalid', `read the connection ${path}: ${why}`)
  const parsed = form.safeParse(parseJson(text)).data
  if (parsed === undefined) throw fail('it is not {"url": "https://console.jumpcloud.com", "token": "…"}')
  const { origin } = new URL(parsed.url)
  const region = (['us', 'eu', 'in'] as const).find((one) => baseUrlsOf({ region: one }).console === origin)
  const hosts = named ?? region
  if (hosts === undefined)
    throw fail(`${origin} is not the console of a region of JumpCloud; name the region with --region`)
  // The key would be sent to where it does not come from.
  if (typeof hosts === 'string' && region !== undefined && hosts !== region)
    throw fail(`${origin} is the console of ${region}, and --region says ${hosts}; leave --region out, or correct it`)
  return { hosts, token: parsed.token }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    return undefined
  }
}
