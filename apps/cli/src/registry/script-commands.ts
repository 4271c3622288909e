import { type Command, command } from './command.ts'

/** What programs and shells use; `commands` are all there are. */
export const scriptCommands = (commands: () => readonly Command[]): readonly Command[] => [
  command('api', {
    does: 'for programs: takes commands from stdin, a JSON object a line, and answers on stdout, until stdin ends',
    examples: [`echo '{"id":1,"command":"send","args":{"to":"bob","text":"hello"}}' | fastchat api`],
    params: {},
    where: 'command line',
    run: async (context) => (await import('../commands/api.ts')).api(context, commands()),
  }),
]
