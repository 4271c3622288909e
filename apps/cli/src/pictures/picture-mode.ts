/** The ways to show a picture in a terminal. `off`: in words. */
export const pictureModes = ['kitty', 'iterm2', 'sixel', 'blocks', 'off'] as const
export type PictureMode = (typeof pictureModes)[number]

/** The abilities of a terminal, as far as they matter for pictures. */
export type PictureTerminal = {
  readonly mode: PictureMode
  /** The size of a letter in pixels. */
  readonly cellWidth: number
  readonly cellHeight: number
  /** Whether codes go through tmux. */
  readonly isInTmux: boolean
  readonly blockColors: 'full' | 'palette'
}
