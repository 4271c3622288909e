const paths = {
  pin: 'M9 3h6l-1 6 4 4v2h-5v6l-1 1-1-1v-6H6v-2l4-4z',
  muted: 'M6 16v-5a6 6 0 0 1 9-5.2M18 11v5l2 2H8M10 21h4M3 3l18 18',
  timer: 'M12 8v5l3 2M9 2h6M12 21a8 8 0 1 0 0-16 8 8 0 0 0 0 16z',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5 21 21',
  smile: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8.5 14a4 4 0 0 0 7 0M9 9.5v.5M15 9.5v.5',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5.5M12 7.5v.5',
  forward: 'M13 5l7 6-7 6v-4c-5 0-8 2-9 5 0-6 3-9 9-9z',
} as const

/** A sign that looks the same in every browser, in the colour of the text around. */
export const Icon = ({ name }: { readonly name: keyof typeof paths }) => (
  <svg
    viewBox="0 0 24 24"
    width="1.25em"
    height="1.25em"
    fill="none"
    stroke="currentColor"
    stroke-width="1.8"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    <path d={paths[name]} />
  </svg>
)
