// Owns the list of everything that the simulator serves.

import { createRouter } from './http/router.ts'
import { administratorRoutes } from './resources/administrators.ts'
import { applicationRoutes } from './resources/applications.ts'
import { insightsRoutes } from './resources/insights.ts'
import { organizationRoutes } from './resources/organizations.ts'
import { systemUserRoutes } from './resources/system-users.ts'
import { systemRoutes } from './resources/systems.ts'
import { userGroupMemberRoutes } from './resources/user-group-members.ts'
import { userGroupRoutes } from './resources/user-groups.ts'

export const findRoute = createRouter([
  ...organizationRoutes,
  ...systemUserRoutes,
  ...userGroupRoutes,
  ...userGroupMemberRoutes,
  ...applicationRoutes,
  ...administratorRoutes,
  ...systemRoutes,
  ...insightsRoutes,
])
