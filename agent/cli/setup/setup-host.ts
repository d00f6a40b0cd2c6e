// What the steps of setup share: what was said on the command line, what setup needs of its host, and what it tells in the end.

import type { Asking } from '../../setup/questions.ts'
import type { Service } from '../../setup/service.ts'
import type { WayToPlane } from '../enrol.ts'
import type { Host } from '../host.ts'
import type { PathFlags, Paths } from '../paths.ts'

/** Of the connection, where no flag names it. */
export const usualName = 'main'

export type SetupFlags = PathFlags & {
  readonly plane?: string
  readonly code?: string
  readonly name: string
  readonly region?: 'us' | 'eu' | 'in'
  readonly baseUrl?: string
  readonly organisation?: string
  readonly keyFile?: string
  readonly connectionFile?: string
  readonly proxy?: string
  readonly proxyUser?: string
  readonly proxyPasswordFile?: string
  readonly ca?: string
  readonly privatePlane?: true
  readonly nonInteractive?: true
  readonly start: boolean
}

/** What setup needs besides: a person, unless nobody is there, and the service of the host. */
export type SetupHost = Host & Asking & { readonly service: Service; readonly isRoot: boolean }

/** What was done, or found done, in words; printed at the end. */
export type Checked = string[]

/** What is known and was tried. */
export type Prepared = {
  /** Of the control plane. */
  readonly url: string
  /** Undefined where the configuration is there and says it. */
  readonly way: WayToPlane | undefined
  readonly write: () => Promise<void>
}

export type SetupPaths = Paths & { readonly policy: string }
