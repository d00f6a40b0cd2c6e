// The version that this control plane tells of itself.

/** Of this control plane; a test compares it with package.json. */
export const version = '0.1.0'
