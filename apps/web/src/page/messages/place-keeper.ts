/**
 * Keeps the lines on the screen in their place while others are added above, in browsers that do
 * not do so by themselves (Safari).
 */
export class PlaceKeeper {
  readonly #isNeeded = !CSS.supports('overflow-anchor', 'auto')
  #anchor: { readonly line: Element; readonly top: number } | undefined

  /** Notes where the first line on the screen is. */
  note(box: HTMLElement): void {
    if (!this.#isNeeded) return
    const { top } = box.getBoundingClientRect()
    const line = [...box.children].find((child) => child.getBoundingClientRect().bottom > top)
    this.#anchor = line && { line, top: line.getBoundingClientRect().top }
  }

  /** Scrolls so that this line is where it was. */
  restore(box: HTMLElement): void {
    if (!this.#anchor?.line.isConnected) return
    box.scrollTop += this.#anchor.line.getBoundingClientRect().top - this.#anchor.top
  }
}
