import { command } from './command.ts'
import { argument, option, optional } from './param.ts'
import { flag, oneOf, text } from './value.ts'

const actions = ['status', 'on', 'off', 'now'] as const

/** The commands about the history of an account as a whole. */
export const backupCommands = [
  command('backup', {
    does: 'show the encrypted backup of your history, which a new device restores; switch it for all your devices, or bring it up to date now',
    examples: ['fastchat backup status', 'fastchat backup now --json', 'fastchat backup off'],
    params: {
      action: optional(oneOf(...actions), `${actions.join(', ')}; default: status`, { completes: actions }),
      offline: option(flag, 'show it as last seen, without asking the server'),
    },
    run: async (context, { action = 'status', ...options }) =>
      (await import('../commands/backup.ts')).backup(context, action, options),
  }),
  command('export', {
    does: 'write everything to a folder: your chats as JSON with their files, and your profile, people and settings. It can be repeated, and fetches only the files that are missing',
    examples: ['fastchat export ~/chats', 'fastchat export ~/chats --offline'],
    params: {
      dir: argument(text(), 'a new or empty folder, or that of an earlier export', {
        completes: 'folder',
        mayHaveSpaces: true,
      }),
      offline: option(flag, 'only what is on this device; files cannot be fetched then'),
    },
    run: async (context, { dir, ...options }) =>
      (await import('../commands/export.ts')).exportAll(context, dir, options),
  }),
]
