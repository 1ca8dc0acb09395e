// Makes the explorer's page: esbuild bundles src/ and style/ into OUT/page, every file is then gzipped and written as one
// row of a C table, OUT/page_files.c, which the command embeds. Run by the build as
//
//   node build.mjs OUT
//
// Names carry a hash of the content, so a browser may keep them for ever; index.html, which names them, may not be kept.
// The licence of every package that gave bytes to the page is collected into licenses.txt, and any licence that is not
// one of the permissive ones below fails the build.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const here = path.dirname(fileURLToPath(import.meta.url));
const permissive = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '0BSD'];
// What a browser loads before the explorer shows anything, in bytes over the wire: a promise, so the build keeps it.
const scriptLimit = 60 * 1024;

const contentTypes = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};

/** Bundles everything; the entry points become name-HASH.js and name-HASH.css. */
async function bundle(folder) {
  return build({
    absWorkingDir: here,
    entryPoints: {
      app: 'src/main.tsx',
      theme: 'src/theme_first.ts',
      events: 'src/api/events_worker.ts',
      style: 'style/style.css',
    },
    outdir: folder,
    entryNames: '[name]-[hash]',
    chunkNames: 'part-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
}

/** The finished name of each entry point, from the metafile: { 'src/main.tsx': 'app-ABC.js' }. */
function entryNames(metafile) {
  const names = {};
  for (const [file, output] of Object.entries(metafile.outputs)) {
    if (output.entryPoint) names[output.entryPoint] = path.basename(file);
  }
  return names;
}

/** The chunks that `file` imports without being asked, itself included. */
function loadedWith(metafile, folder, name, found = new Set()) {
  const key = Object.keys(metafile.outputs).find((file) => path.basename(file) === name);
  if (!key || found.has(name)) return found;
  found.add(name);
  for (const use of metafile.outputs[key].imports) {
    if (use.kind === 'import-statement') loadedWith(metafile, folder, path.basename(use.path), found);
  }
  return found;
}

/** The text of the licence of every package of which bytes are in the page. */
async function licences(metafile) {
  const packages = new Set();
  for (const output of Object.values(metafile.outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
      const match = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input);
      if (match && bytesInOutput > 0) packages.add(match[1]);
    }
  }
  let text = 'The explorer contains parts of these packages.\n';
  for (const name of [...packages].sort()) {
    const folder = path.join(here, 'node_modules', name);
    const facts = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
    if (!permissive.includes(facts.license)) {
      throw new Error(`${name} has the licence ${facts.license}: the page takes only ${permissive.join(', ')}`);
    }
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file) throw new Error(`${name} comes without the text of its licence`);
    text += `\n${'-'.repeat(80)}\n${name} ${facts.version} (${facts.license})\n\n`;
    text += await readFile(path.join(folder, file), 'utf8');
  }
  return text;
}

/** C source of the table: one array of bytes for each file, sorted by path. */
function tableSource(files) {
  let text = '/* Made by web/build.mjs: the explorer\'s page, ready to be sent. */\n#include "serve/page.h"\n\n';
  files.forEach((file, index) => {
    text += `static const unsigned char bytes_${index}[] = {`;
    for (let at = 0; at < file.bytes.length; at++) {
      if (at % 32 === 0) text += '\n    ';
      text += `${file.bytes[at]},`;
    }
    text += '\n};\n\n';
  });
  text += 'const fv__page_file fv__page_files[] = {\n';
  files.forEach((file, index) => {
    text += `    {.path = "${file.path}", .type = "${file.type}", .bytes = bytes_${index}, .size = sizeof bytes_${index},\n`;
    text += `     .gzipped = true, .tag = "${file.tag}", .is_constant = ${file.constant}},\n`;
  });
  text += '    {.path = NULL},\n};\n';
  return text;
}

function contentTag(bytes) {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

/** Writes `text` unless the file has it already: what depends on it is then not built again. */
async function writeIfNew(file, text) {
  if (existsSync(file) && (await readFile(file, 'utf8')) === text) return;
  await writeFile(file, text);
}

async function main(out) {
  const folder = path.join(out, 'page');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { metafile } = await bundle(folder);
  const names = entryNames(metafile);
  const icon = await readFile(path.join(here, 'icon.svg'));
  const iconName = `icon-${contentTag(icon).slice(0, 8).toUpperCase()}.svg`;
  await writeFile(path.join(folder, iconName), icon);
  const page = (await readFile(path.join(here, 'index.html'), 'utf8'))
    .replace('{{theme}}', names['src/theme_first.ts'])
    .replace('{{app}}', names['src/main.tsx'])
    .replace('{{events}}', names['src/api/events_worker.ts'])
    .replace('{{icon}}', iconName)
    .replace('{{style}}', names['style/style.css']);
  await writeFile(path.join(folder, 'index.html'), page);
  await writeFile(path.join(folder, 'licenses.txt'), await licences(metafile));

  const files = [];
  let script = 0;
  const first = loadedWith(metafile, folder, names['src/main.tsx']);
  loadedWith(metafile, folder, names['src/theme_first.ts'], first);
  for (const name of (await readdir(folder)).sort()) {
    const plain = await readFile(path.join(folder, name));
    const type = contentTypes[path.extname(name)];
    if (!type) throw new Error(`${name}: a file of this kind has no content type in build.mjs`);
    if (/\.(js|css|html)$/.test(name) && /["'(`](https?:)?\/\/[a-z]/i.test(withoutNamespaces(plain.toString('utf8')))) {
      throw new Error(`${name} speaks of another host: the page must work without a network`);
    }
    const bytes = gzipSync(plain, { level: 9 });
    bytes[9] = 255; // the system it was packed on does not belong in the bytes
    if (first.has(name)) script += bytes.length;
    const tag = contentTag(plain);
    files.push({ path: `/${name}`, type, bytes, tag, constant: /-[A-Z0-9]{8}\.(js|css|svg)$/.test(name) });
  }
  const total = files.reduce((sum, file) => sum + file.bytes.length, 0);
  const sizes = Object.fromEntries(files.map((file) => [file.path, file.bytes.length]));
  await writeFile(path.join(out, 'page_sizes.json'), JSON.stringify({ script, total, files: sizes }, null, 1) + '\n');
  await writeIfNew(path.join(out, 'page_files.c'), tableSource(files));
  console.log(`page: ${files.length} files, ${total} bytes, of them ${script} of script before the explorer shows`);
  if (script > scriptLimit) throw new Error(`the explorer's script is ${script} bytes over the wire: at most ${scriptLimit}`);
}

/** XML namespaces look like addresses and are none. */
function withoutNamespaces(text) {
  return text.replace(/http:\/\/www\.w3\.org\/[A-Za-z0-9/]*/g, '');
}

const out = process.argv[2];
if (!out) throw new Error('usage: node build.mjs OUT');
await main(path.resolve(out));
