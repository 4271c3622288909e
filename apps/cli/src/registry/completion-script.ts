import type { Completable } from './completion.ts'

export type Shell = 'bash' | 'zsh' | 'fish'

/** Returns the script that makes a shell complete `fastchat`. Its first line says how to use it. */
export const completionScript = (shell: Shell, nodes: readonly Completable[]): string => scripts[shell](nodes)

const scripts: Readonly<Record<Shell, (nodes: readonly Completable[]) => string>> = { bash, zsh, fish }

/** Returns the words and options that may follow a command. */
const candidates = ({ words, options }: Completable): string[] => [
  ...words.map(({ word }) => word),
  ...options.map(({ flag }) => flag),
]

/** Returns the options whose value is the next word, with their parameters. */
const valued = ({ options }: Completable) =>
  options.flatMap(({ flag, param }) => (param && param.value.label !== '' ? [{ flag, param }] : []))

const fileOptions = (nodes: readonly Completable[]): string[] => [
  ...new Set(
    nodes.flatMap((node) => valued(node).flatMap(({ flag, param }) => (param.completes === 'file' ? [flag] : []))),
  ),
]
const otherValued = (nodes: readonly Completable[]): string[] => [
  ...new Set(nodes.flatMap((node) => valued(node).map(({ flag }) => flag))),
]

/**
 * Returns the lines that find the longest command that the typed words begin with. No word of a
 * command has a character with a meaning for the shell.
 */
const bashPath = (nodes: readonly Completable[]): string[] => [
  '  local path="" word',
  '  for word in "${words[@]:1:cword-1}"; do',
  '    case "${path:+$path }$word" in',
  `      ${nodes
    .filter(({ path }) => path !== '')
    .map(({ path }) => `"${path}"`)
    .join('|')}) path="\${path:+$path }$word" ;;`,
  '    esac',
  '  done',
]

function bash(nodes: readonly Completable[]): string {
  const files = fileOptions(nodes)
  const others = otherValued(nodes).filter((flag) => !files.includes(flag))
  return lines(
    '# source <(fastchat completion bash)',
    '_fastchat() {',
    '  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} cword=$COMP_CWORD',
    '  local words=("${COMP_WORDS[@]}")',
    ...bashPath(nodes),
    '  case "$prev" in',
    `    ${files.join('|')}) COMPREPLY=($(compgen -f -- "$cur")); return ;;`,
    `    ${others.join('|')}) COMPREPLY=(); return ;;`,
    '  esac',
    '  case "$path" in',
    ...nodes.map((node) => {
      const { completes } = node
      const action = completes === 'folder' ? '-d ' : completes === 'file' ? '-f ' : ''
      const chosen = Array.isArray(completes) ? completes : []
      const all = [...chosen, ...candidates(node)].join(' ')
      return `    "${node.path}") COMPREPLY=($(compgen ${action}-W "${all}" -- "$cur")) ;;`
    }),
    '  esac',
    '}',
    'complete -o filenames -F _fastchat fastchat',
  )
}

function zsh(nodes: readonly Completable[]): string {
  const files = fileOptions(nodes)
  const others = otherValued(nodes).filter((flag) => !files.includes(flag))
  return lines(
    '#compdef fastchat',
    '# source <(fastchat completion zsh)',
    '_fastchat() {',
    '  local path_="" word',
    '  for word in "${(@)words[2,CURRENT-1]}"; do',
    '    case "${path_:+$path_ }$word" in',
    `      ${nodes
      .filter(({ path }) => path !== '')
      .map(({ path }) => quoted(path))
      .join('|')}) path_="\${path_:+$path_ }$word" ;;`,
    '    esac',
    '  done',
    '  case "${words[CURRENT-1]}" in',
    `    ${files.join('|')}) _files; return ;;`,
    `    ${others.join('|')}) return ;;`,
    '  esac',
    '  local -a found',
    '  case "$path_" in',
    ...nodes.flatMap((node) => [
      `    ${quoted(node.path)})`,
      `      found=(${described(node)
        .map(({ word, does }) => quoted(`${word}:${does}`))
        .join(' ')})`,
      '      _describe fastchat found',
      ...(node.completes === 'folder' ? ['      _files -/'] : []),
      ...(node.completes === 'file' ? ['      _files'] : []),
      '      ;;',
    ]),
    '  esac',
    '}',
    'compdef _fastchat fastchat',
  )
}

function fish(nodes: readonly Completable[]): string {
  const at = ({ path, words }: Completable) => {
    const seen = path.split(' ').filter((word) => word !== '')
    const within = seen.map((word) => `__fish_seen_subcommand_from ${word}`)
    const before =
      words.length > 0 ? [`not __fish_seen_subcommand_from ${words.map(({ word }) => word).join(' ')}`] : []
    return quoted([...within, ...before].join('; and ') || 'true')
  }
  return lines(
    '# fastchat completion fish | source',
    'complete -c fastchat -f',
    ...nodes.flatMap((node) => [
      ...described({ ...node, options: [] }).map(
        ({ word, does }) => `complete -c fastchat -n ${at(node)} -a ${quoted(word)} -d ${quoted(does)}`,
      ),
      ...node.options.map(({ flag, does, param }) => {
        const value = param && param.value.label !== '' ? (param.completes === 'file' ? ' -r -F' : ' -x') : ''
        const short = param?.short ? ` -s ${param.short}` : ''
        return `complete -c fastchat -n ${at(node)} -l ${flag.slice(2)}${short}${value} -d ${quoted(does)}`
      }),
      ...(node.completes === 'folder' || node.completes === 'file' ? [`complete -c fastchat -n ${at(node)} -F`] : []),
    ]),
  )
}

const described = ({ words, options, completes }: Completable) => [
  ...(Array.isArray(completes) ? completes.map((word: string) => ({ word, does: '' })) : []),
  ...words,
  ...options.map(({ flag, does }) => ({ word: flag, does })),
]

/** Returns a text in quotes that bash, zsh and fish read as one word. */
const quoted = (text: string): string => `'${text.replaceAll("'", '’')}'`

const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`
