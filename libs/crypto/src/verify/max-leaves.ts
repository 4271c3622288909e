/** Leaves of one group. With more, the MLS engine takes seconds for each commit. */
export const maxLeaves = 1000
