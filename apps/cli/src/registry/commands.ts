import { accountCommands } from './account-commands.ts'
import { backupCommands } from './backup-commands.ts'
import { chatCommands } from './chat-commands.ts'
import type { Command } from './command.ts'
import { groupCommands } from './group-commands.ts'
import { messageCommands } from './message-commands.ts'
import { ownAccountCommands } from './own-account-commands.ts'
import { ownCommands } from './own-commands.ts'
import { peopleCommands } from './people-commands.ts'
import { scriptCommands } from './script-commands.ts'
import { serverCommands } from './server-commands.ts'
import { signalCommands } from './signal-commands.ts'
import { viewCommands } from './view-commands.ts'

/** The list of all commands. It makes the command line, its help, completion and `fastchat api`. */
export const commands: readonly Command[] = [
  ...accountCommands,
  ...ownAccountCommands,
  ...chatCommands,
  ...messageCommands,
  ...viewCommands(() => commands),
  ...ownCommands,
  ...groupCommands,
  ...backupCommands,
  ...signalCommands,
  ...peopleCommands,
  ...serverCommands,
  ...scriptCommands(() => commands),
]
