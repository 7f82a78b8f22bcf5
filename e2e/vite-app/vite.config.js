/** Two apps with the plugin: one whose server is Vite's, one whose server lives in the browser. */
import { planwire } from 'planwire/vite'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [planwire()],
  worker: { format: 'es' },
  build: { target: 'es2022', rollupOptions: { input: ['index.html', 'browser.html'] } },
})
