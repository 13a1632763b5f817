// How the console is built: into console/dist, with heavy libraries in chunks that load with the page that needs them.
import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const target = process.env.MILLRACE_URL ?? 'http://127.0.0.1:4000';
const proxied = { target, changeOrigin: false };

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  plugins: [react(), tailwindcss()],
  server: { proxy: { '/api/': proxied, '/registry': proxied, '/metrics': proxied } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1_200,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            {
              name: 'react',
              test: /node_modules[\\/](react|react-dom|scheduler|use-sync-external-store)[\\/]/,
              priority: 20,
            },
            { name: 'echarts', test: /node_modules[\\/](echarts|zrender)[\\/]/, priority: 10 },
            { name: 'uplot', test: /node_modules[\\/]uplot[\\/]/, priority: 10 },
            { name: 'map', test: /node_modules[\\/](maplibre-gl|world-atlas|topojson-client)[\\/]/, priority: 10 },
            { name: 'editor', test: /node_modules[\\/](@codemirror|@lezer|codemirror)[\\/]/, priority: 10 },
            { name: 'flow', test: /node_modules[\\/](@xyflow|d3-[a-z]+)[\\/]/, priority: 10 },
          ],
        },
      },
    },
  },
});
