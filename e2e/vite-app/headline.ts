/** What the test changes while the app runs. */
export const headline = 'Plan'
