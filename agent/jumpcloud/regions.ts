// Where JumpCloud is, by region. A key belongs to one region and is never sent to another (JumpCloud reference 1 [S], [W]).

/** The hosts of one JumpCloud: v1 and v2 (`console`), Directory Insights (`api`), tokens of service accounts (`oauth`). */
export type BaseUrls = { readonly console: string; readonly api: string; readonly oauth?: string | undefined }

export type Region = 'us' | 'eu' | 'in'

const regions: Readonly<Record<Region, Required<BaseUrls>>> = {
  us: {
    console: 'https://console.jumpcloud.com',
    api: 'https://api.jumpcloud.com',
    oauth: 'https://admin-oauth.id.jumpcloud.com',
  },
  eu: {
    console: 'https://console.eu.jumpcloud.com',
    api: 'https://api.eu.jumpcloud.com',
    oauth: 'https://admin-oauth.id.eu.jumpcloud.com',
  },
  in: {
    console: 'https://console.in.jumpcloud.com',
    api: 'https://api.in.jumpcloud.com',
    oauth: 'https://admin-oauth.id.in.jumpcloud.com',
  },
}

/** The base URLs of a connection; its own win over those of a region. Throws `TypeError` where it has neither. */
export function baseUrlsOf(at: {
  readonly region?: Region | undefined
  readonly baseUrls?: BaseUrls | undefined
}): BaseUrls {
  if (at.baseUrls !== undefined) return at.baseUrls
  if (at.region !== undefined) return regions[at.region]
  throw new TypeError('a connection has a region or base URLs')
}
