import { type Command, command } from './command.ts'
import { argument, optional } from './param.ts'
import { oneOf, texts } from './value.ts'

const shells = ['bash', 'zsh', 'fish'] as const

/** Returns the commands for programs, shells and help. `commands` returns all commands. */
export const scriptCommands = (commands: () => readonly Command[]): readonly Command[] => [
  command('api', {
    does: 'for programs: read commands from stdin, one JSON object per line, and answer on stdout until stdin ends',
    examples: [`echo '{"id":1,"command":"send","args":{"to":"bob","text":"hello"}}' | fastchat api`],
    params: {},
    where: 'api',
    run: async (context) => (await import('../commands/api.ts')).api(context, commands()),
  }),
  command('completion', {
    does: 'print a script that makes a shell complete commands and options',
    examples: ['source <(fastchat completion bash)', 'fastchat completion fish | source'],
    params: { shell: argument(oneOf(...shells), shells.join(', '), { completes: shells }) },
    where: 'words',
    run: async (context, { shell }) =>
      (await import('../commands/completion.ts')).completion(context, shell, commands()),
  }),
  command('help', {
    does: 'explain a command',
    examples: ['fastchat help send', 'fastchat help group add'],
    params: { command: optional(texts, 'its words', { isMany: true }) },
    where: 'words',
    run: async (context, { command }) => (await import('../commands/help.ts')).help(context, command ?? [], commands()),
  }),
]
