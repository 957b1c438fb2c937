/**
 * A registry that has the package: what it serves of other packages comes from the registry in use. A program of its
 * own, since `npm run check:package` waits for npm without doing anything else. Its first line is its address; it ends
 * when its standard input does.
 *
 *   node scripts/lib/local-registry.mjs TARBALL REGISTRY
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

const [tarball, upstream] = process.argv.slice(2);
const manifest = JSON.parse(
  execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' }),
);
const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
const path = `/${manifest.name}/-/${manifest.name}-${manifest.version}.tgz`;
/** As the public registry says it. */
const headers = { 'content-type': 'application/json', 'cache-control': 'public, max-age=300' };

const server = createServer(async (request, response) => {
  try {
    if (request.url === path) {
      response.writeHead(200, {
        'content-type': 'application/octet-stream',
        'cache-control': 'public, immutable',
      });
      createReadStream(tarball).pipe(response);
    } else if (request.url === `/${manifest.name}`) {
      response.writeHead(200, headers).end(JSON.stringify(ownPackument()));
    } else {
      const { accept = '*/*' } = request.headers;
      const answer = await fetch(`${upstream.replace(/\/$/, '')}${request.url}`, { headers: { accept } });
      response.writeHead(answer.status, headers).end(await answer.text());
    }
  } catch (error) {
    response.writeHead(502).end(String(error));
  }
});

function ownPackument() {
  const dist = { tarball: `http://127.0.0.1:${server.address().port}${path}`, integrity };
  const { name, version } = manifest;
  return { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } };
}

server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
await text(process.stdin);
server.close();
server.closeAllConnections();
