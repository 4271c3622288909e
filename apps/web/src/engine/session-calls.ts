import type { Client } from '@fastchat/client'
import type { Handlers } from './call.ts'
import { chatCalls } from './calls/chat-calls.ts'
import { fileCalls } from './calls/file-calls.ts'
import { groupCalls } from './calls/group-calls.ts'
import { messageCalls } from './calls/message-calls.ts'
import { pushCalls } from './calls/push-calls.ts'
import { searchCalls } from './calls/search-calls.ts'
import { timelineCalls } from './calls/timeline-calls.ts'
import type { SessionCalls } from './protocol.ts'

/** Returns what answers the calls of the tabs on a signed-in device. */
export const sessionCalls = (client: Client): Handlers<SessionCalls> => ({
  ...chatCalls(client),
  ...fileCalls(client),
  ...groupCalls(client),
  ...messageCalls(client),
  ...pushCalls(client),
  ...searchCalls(client),
  ...timelineCalls(client),
})
