/** A state in the life of a conversation: the number of its group, and the epoch of that group. */
export type GroupEpoch = { readonly groupNo: number; readonly epoch: number }

/** Returns a number above 0 when `a` comes later in the life of the conversation. */
export const compareGroupEpochs = (a: GroupEpoch, b: GroupEpoch): number => a.groupNo - b.groupNo || a.epoch - b.epoch

/** Returns whether both name the same state of a group. Undefined equals nothing. */
export const isSameGroupEpoch = (a: GroupEpoch | undefined, b: GroupEpoch | undefined): boolean =>
  a !== undefined && a.groupNo === b?.groupNo && a.epoch === b.epoch
