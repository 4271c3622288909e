import type { Client } from '@fastchat/client'
import type { Handlers } from './call.ts'
import { chatCalls } from './calls/chat-calls.ts'
import { fileCalls } from './calls/file-calls.ts'
import { groupCalls } from './calls/group-calls.ts'
import { messageCalls } from './calls/message-calls.ts'
import { searchCalls } from './calls/search-calls.ts'
import { settingsCalls } from './calls/settings-calls.ts'
import { timelineCalls } from './calls/timeline-calls.ts'
import type { SessionCalls } from './protocol.ts'
import type { Tasks } from './tasks.ts'

/** Returns what answers the calls of the tabs on a signed-in device. */
export const sessionCalls = (client: Client, tasks: Tasks): Handlers<SessionCalls> => ({
  ...chatCalls(client),
  ...fileCalls(client),
  ...groupCalls(client),
  ...messageCalls(client),
  ...searchCalls(client),
  ...settingsCalls(client, tasks),
  ...timelineCalls(client),
})
