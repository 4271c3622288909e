import type { ComponentChildren } from 'preact'
import { EmojiPicker } from './emoji-picker.tsx'

/** Returns a panel with all emoji for a popup. It closes when one is picked. */
export const emojiPanel =
  (onPick: (emoji: string) => void) =>
  (close: () => void): ComponentChildren => (
    <EmojiPicker
      onPick={(emoji) => {
        close()
        onPick(emoji)
      }}
    />
  )
