/** The policies of a group, each with the usual rule as a word. An absent one stays as it is. */
export type WantedPolicies = {
  readonly add?: 'admins' | 'everybody'
  readonly write?: 'everybody' | 'admins'
}
