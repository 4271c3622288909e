/** Moves the focus to the message above or below. Below the last one is the box. */
export function moveFocus(from: HTMLElement, step: -1 | 1): void {
  const all = [...(from.closest('[role=log]')?.querySelectorAll<HTMLElement>('article') ?? [])]
  const next = all[all.indexOf(from) + step]
  if (next) next.focus()
  else if (step === 1) toBox()
}

/** Moves the focus to the box in which a message is written. */
export const toBox = (): void => document.querySelector<HTMLTextAreaElement>('textarea[data-box]')?.focus()
