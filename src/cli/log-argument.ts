/** What a LOG argument may be. */
export const logArgument = { name: 'LOG', text: 'a file log, file:DIR' } as const
