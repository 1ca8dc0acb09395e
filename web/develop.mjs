// For work on the page: builds it again at every change and serves it, and passes all else on to a running explorer.
//
//   build/fovea explore MODEL FOLDER --port 5000 --no-browser
//   node web/develop.mjs [http://127.0.0.1:5000] [5001]
import { spawnSync } from 'node:child_process';
import { readdirSync, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const explorer = new URL(process.argv[2] ?? 'http://127.0.0.1:5000');
const port = Number(process.argv[3] ?? 5001);
const out = path.join(os.tmpdir(), `fovea-page-${process.pid}`);
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.txt': 'text/plain' };
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const rebuild = () => spawnSync(process.execPath, [path.join(here, 'build.mjs'), out], { stdio: 'inherit' });
rebuild();
let later;
for (const folder of ['src', 'style']) {
  const inside = readdirSync(path.join(here, folder), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const place of [folder, ...inside.map((entry) => path.join(folder, entry.name))]) {
    watch(path.join(here, place), () => {
      clearTimeout(later);
      later = setTimeout(rebuild, 100);
    });
  }
}

/** The explorer checks whom a request is for and where it is from: it is told its own address. */
function pass(request, response) {
  const headers = { ...request.headers, host: explorer.host };
  if (headers.origin) headers.origin = explorer.origin;
  const onward = http.request(new URL(request.url, explorer), { method: request.method, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  response.on('close', () => onward.destroy());
  request.pipe(onward);
}

http
  .createServer(async (request, response) => {
    const name = new URL(request.url, 'http://here').pathname;
    if (name.startsWith('/api/')) return pass(request, response);
    try {
      const file = path.basename(name) || 'index.html';
      const bytes = await readFile(path.join(out, 'page', file));
      response.writeHead(200, { 'content-type': types[path.extname(file)], 'content-security-policy': policy, 'cache-control': 'no-store' });
      response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  })
  .listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}`));
