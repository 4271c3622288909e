import type { sharedCounts as offered } from '@fastchat/client'

/** How many of the last messages a new member can be shown. The type ties them to the SDK's. */
export const sharedCounts: typeof offered = [25, 50, 100]
