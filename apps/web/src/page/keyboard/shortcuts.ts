/**
 * All keys of the page. The sheet shows this table, and `useShortcuts` binds it, so a key that is
 * shown works. `Mod` is Ctrl, and Cmd on a Mac. Several keys of one action are separated by spaces.
 */
export const shortcuts = {
  anywhere: {
    searchAll: 'Mod+k Mod+Shift+f',
    searchHere: 'Mod+f',
    sheet: '?',
    toBox: 'Alt+b',
    chatAbove: 'Alt+ArrowUp',
    chatBelow: 'Alt+ArrowDown',
    chatMenu: 'Alt+m',
  },
  message: {
    lineAbove: 'ArrowUp k',
    lineBelow: 'ArrowDown j',
    lineMenu: 'Enter ContextMenu Shift+F10',
    reply: 'r',
    edit: 'e',
    react: '+',
    forward: 'f',
    pin: 'p',
    copy: 'Mod+c c',
    details: 'i',
    remove: 'Delete Backspace',
    back: 'Escape',
  },
  box: {
    send: 'Enter',
    newLine: 'Shift+Enter',
    editLast: 'ArrowUp',
    cancel: 'Escape',
  },
  viewer: {
    nextPicture: 'ArrowRight',
    previousPicture: 'ArrowLeft',
    savePicture: 's',
    closePicture: 'Escape',
  },
} as const

export type Scope = keyof typeof shortcuts
export type ActionOf<One extends Scope> = keyof (typeof shortcuts)[One]

type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>

/** Returns the action of a scope that a key does, if there is one. */
export function actionOf<One extends Scope>(scope: One, pressed: Pressed): ActionOf<One> | undefined {
  // The cast holds because the entries are those of this scope.
  const entries = Object.entries(shortcuts[scope]) as [ActionOf<One>, string][]
  return entries.find(([, keys]) => keys.split(' ').some((key) => isPressed(key, pressed)))?.[0]
}

function isPressed(written: string, { key, ctrlKey, metaKey, altKey, shiftKey }: Pressed): boolean {
  const parts = written.split('+').filter(Boolean)
  const wanted = parts.at(-1) ?? '+'
  const isLetter = /^[a-z]$/.test(wanted)
  const isMod = parts.includes('Mod')
  if ((ctrlKey || metaKey) !== isMod || altKey !== parts.includes('Alt')) return false
  // A sign such as ? needs Shift on some keyboards, and none on others.
  const isSign = /^[^\p{L}]$/u.test(wanted)
  if (!isSign && shiftKey !== parts.includes('Shift')) return false
  return (isLetter ? key.toLowerCase() : key) === wanted
}
