// Owns what an administrator's role may do, as scopes (JumpCloud reference 2.3).

export type Role =
  | 'Administrator With Billing'
  | 'Administrator'
  | 'Manager'
  | 'Help Desk'
  | 'Read Only'
  | 'Command Runner'
  | 'Billing Only'

const isRead = (scope: string): boolean => scope.endsWith('.readonly')

const GRANTS: Readonly<Record<Role, (scope: string) => boolean>> = {
  'Administrator With Billing': () => true,
  Administrator: (scope) => scope !== 'organizations.billing',
  Manager: (scope) => isRead(scope) || !scope.startsWith('administrators'),
  'Help Desk': (scope) => isRead(scope) || scope === 'users' || scope.startsWith('users.'),
  'Read Only': isRead,
  'Command Runner': (scope) => scope === 'commandrunner.legacy' || scope.startsWith('commands'),
  'Billing Only': (scope) => scope === 'organizations.billing',
}

/** Any one of an operation's scopes is enough (JumpCloud reference 2.3 [S]). */
export function roleGrants(role: Role, scopes: readonly string[]): boolean {
  return scopes.some(GRANTS[role])
}
