// Where the files are: a flag, else the environment, else the place where the packages put them.

export type PathFlags = {
  readonly config?: string
  readonly policy?: string
  readonly state?: string
}

export type Paths = {
  readonly configuration: string
  /** Undefined where the customer has no policy file at the usual place and named none. */
  readonly policy: string | undefined
  readonly state: string
}

/** Where a policy is looked for that nobody named. */
export const usualPolicy = '/etc/sallyport/policy.yaml'

/** Of the unit, and of the container. */
export const usualState = '/var/lib/sallyport'

type Environment = Readonly<Record<string, string | undefined>>

/** `exists` tells a usual place that is not used from a file that was named and is missing, which is an error later. */
export function findPaths(flags: PathFlags, environment: Environment, exists: (path: string) => boolean): Paths {
  const named = flags.policy ?? environment.SALLYPORT_POLICY
  return {
    configuration: flags.config ?? environment.SALLYPORT_CONFIG ?? '/etc/sallyport/config.yaml',
    policy: named ?? (exists(usualPolicy) ? usualPolicy : undefined),
    state: flags.state ?? environment.SALLYPORT_STATE_DIR ?? environment.STATE_DIRECTORY ?? usualState,
  }
}
