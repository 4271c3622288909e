import { accountCommands } from './account-commands.ts'
import { chatCommands } from './chat-commands.ts'
import type { Command } from './command.ts'
import { groupCommands } from './group-commands.ts'
import { scriptCommands } from './script-commands.ts'

/** All commands. The command line, its help, shell completion and `fastchat api` are made from them. */
export const commands: readonly Command[] = [
  ...accountCommands,
  ...chatCommands,
  ...groupCommands,
  ...scriptCommands(() => commands),
]
