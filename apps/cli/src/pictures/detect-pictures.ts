import type { Keyboard } from '../terminal/keyboard.ts'
import type { PictureMode, PictureTerminal } from './picture-mode.ts'

/** The variables that tell the kind of the terminal. */
type Variables = Readonly<Record<string, string | undefined>>

/** The time for the terminal's answers. A slow connection takes some, and nothing waits for it. */
const answersMs = 1_500
/** The assumed size of a letter, if the terminal does not tell it. */
const [defaultWidth, defaultHeight] = [10, 20]
const maxCellPixels = 200

/** Asks whether kitty's graphics protocol is known: one pixel that is not shown. */
const kittyQuery = '\u001b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\u001b\\'
/** Asks for the size of a letter, and for the device attributes, which every terminal answers. */
const sizeAndAttributes = '\u001b[16t\u001b[c'

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals answer with control codes.
const attributes = /^\u001b\[\?([0-9;]*)c$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const cellSize = /^\u001b\[6;(\d{1,4});(\d{1,4})t$/

/**
 * Finds out how the terminal shows pictures. It asks, and never waits long. Keys that are typed
 * meanwhile stay typed.
 * @param wanted the way that the person has chosen
 */
export async function detectPictures(
  keyboard: Pick<Keyboard, 'query'>,
  env: Variables,
  wanted: PictureMode | 'auto',
): Promise<PictureTerminal> {
  const isInTmux = env.TMUX !== undefined
  const isSilent = !env.TERM || /^(dumb|linux|vt\d+)$/.test(env.TERM)
  const isNeeded = !isSilent && (wanted === 'auto' || wanted === 'kitty' || wanted === 'iterm2' || wanted === 'sixel')
  // Through tmux, kitty's pictures do not move with the text. So tmux itself is asked.
  const question = `${isInTmux ? '' : kittyQuery}${sizeAndAttributes}`
  const answers = isNeeded ? await keyboard.query(question, (one) => attributes.test(one), answersMs) : []
  const mode = wanted === 'auto' ? choose(env, answers) : wanted
  return {
    mode: env.NO_COLOR && mode === 'blocks' ? 'off' : mode,
    isInTmux,
    blockColors: colorsOf(env),
    ...sizeOf(answers),
  }
}

function choose(env: Variables, answers: readonly string[]): PictureMode {
  const { TERM_PROGRAM = '', LC_TERMINAL = '' } = env
  if (answers.some((one) => one.startsWith('\u001b_G') && one.endsWith(';OK\u001b\\'))) return 'kitty'
  if (env.TMUX === undefined && (/^(iTerm\.app|WezTerm|mintty)$/.test(TERM_PROGRAM) || LC_TERMINAL === 'iTerm2'))
    return 'iterm2'
  const told = answers.map((one) => attributes.exec(one)?.[1]).find((one) => one !== undefined)
  // The first number is the kind of terminal; 4 among the others: it has sixel graphics.
  if (told?.split(';').slice(1).includes('4')) return 'sixel'
  return env.NO_COLOR || !env.TERM || env.TERM === 'dumb' ? 'off' : 'blocks'
}

function sizeOf(answers: readonly string[]): Pick<PictureTerminal, 'cellWidth' | 'cellHeight'> {
  const [, height, width] = answers.map((one) => cellSize.exec(one)).find((one) => one !== null) ?? []
  const [cellWidth, cellHeight] = [Number(width ?? 0), Number(height ?? 0)]
  const isLikely = cellWidth > 0 && cellHeight > 0 && cellWidth <= maxCellPixels && cellHeight <= maxCellPixels
  return isLikely ? { cellWidth, cellHeight } : { cellWidth: defaultWidth, cellHeight: defaultHeight }
}

const colorsOf = ({ COLORTERM = '' }: Variables): 'full' | 'palette' =>
  /^(truecolor|24bit)$/.test(COLORTERM) ? 'full' : 'palette'
