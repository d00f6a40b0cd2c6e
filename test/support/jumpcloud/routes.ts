// Owns the list of everything that the simulator serves.

import { createRouter } from './http/router.ts'
import { organizationRoutes } from './resources/organizations.ts'
import { systemUserRoutes } from './resources/system-users.ts'
import { userGroupMemberRoutes } from './resources/user-group-members.ts'
import { userGroupRoutes } from './resources/user-groups.ts'

export const findRoute = createRouter([
  ...organizationRoutes,
  ...systemUserRoutes,
  ...userGroupRoutes,
  ...userGroupMemberRoutes,
])
