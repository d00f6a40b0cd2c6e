// The version that this agent tells of itself.

/** Of this agent; a test compares it with package.json. */
export const version = '0.1.0'
