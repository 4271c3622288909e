import type { Client } from '@fastchat/client'
import type { Clock } from '@fastchat/clock'
import type { Handlers } from './call.ts'
import { chatCalls } from './calls/chat-calls.ts'
import { chatMarkCalls } from './calls/chat-mark-calls.ts'
import { fileCalls } from './calls/file-calls.ts'
import { groupCalls } from './calls/group-calls.ts'
import { messageCalls } from './calls/message-calls.ts'
import { peopleCalls } from './calls/people-calls.ts'
import { pinCalls } from './calls/pin-calls.ts'
import { profileCalls } from './calls/profile-calls.ts'
import { pushCalls } from './calls/push-calls.ts'
import { searchCalls } from './calls/search-calls.ts'
import { settingsCalls } from './calls/settings-calls.ts'
import { timelineCalls } from './calls/timeline-calls.ts'
import { traceCalls } from './calls/trace-calls.ts'
import type { SessionCalls } from './protocol.ts'
import type { Tasks } from './tasks.ts'

/** Returns what answers the calls of the tabs on a signed-in device. */
export const sessionCalls = (client: Client, tasks: Tasks, clock: Pick<Clock, 'wallMs'>): Handlers<SessionCalls> => ({
  ...chatCalls(client),
  ...chatMarkCalls(client),
  ...fileCalls(client),
  ...groupCalls(client),
  ...messageCalls(client),
  ...peopleCalls(client),
  ...profileCalls(client),
  ...pinCalls(client),
  ...pushCalls(client),
  ...searchCalls(client),
  ...settingsCalls(client, tasks, clock),
  ...timelineCalls(client),
  ...traceCalls(client),
})
