import styles from './avatar.module.css'

const hues = 8

/** A coloured disc with the first letter of a name. */
export function Avatar({ name }: { readonly name: string }) {
  const [first = '?'] = name
  const hue = [...name].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % hues
  return (
    <span class={`${styles.avatar} ${styles[`hue${hue}`]}`} aria-hidden="true">
      {first.toUpperCase()}
    </span>
  )
}
