/** What `planwire/panel` is in a production build: nothing. */
export {}
