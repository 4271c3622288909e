/** The most leaves in one group. Above it, the MLS engine takes seconds for each commit. */
export const maxLeaves = 1000
